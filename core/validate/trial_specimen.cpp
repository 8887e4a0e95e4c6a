// Models and backbones are driven in a whole small run.
#include "core/validate/check.hpp"
#include "core/validate/input_shape.hpp"
#include "core/validate/specimen.hpp"
#include "core/validate/trial_run.hpp"

namespace clh::core {
namespace {

class TrialSpecimen final : public Specimen {
 public:
  TrialSpecimen(Workshop& workshop, const ProvidedComponent& provided, const TrialForm& form)
      : model_(provided.kind == "model"), run_(workshop, provided, form) {}

  bool move() override { return run_.loop().advance(); }
  void save(StateRecord& record) override { save_state(run_.loop(), record); }
  void load(const StateRecord& record) override { load_state(run_.loop(), record); }
  StateRecord* own(StateRecord& record) override {
    auto* part = child(&record, model_ ? "model" : "network");
    return child(model_ ? part : child(part, "backbone"), "state");
  }
  void outcome(StateRecord& record) override {
    save(record);
    record.values.emplace("losses", run_.losses());
  }

 private:
  static StateRecord* child(StateRecord* record, const char* name) {
    if (record == nullptr) {
      return nullptr;
    }
    const auto found = record->children.find(name);
    return found == record->children.end() ? nullptr : found->second.get();
  }

  bool model_;
  TrialRun run_;
};

}  // namespace

std::unique_ptr<Specimen> make_trial_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                              std::uint64_t seed, const ConfigTable& options) {
  TrialForm form;
  form.seed = seed;
  form.options = options;
  form.batch_size = 7;
  if (provided.kind == "model") {
    form.scenario = first_scenario_of(workshop.component(provided));
  } else {
    form.shape = input_shape_of(workshop, provided, options);
  }
  return std::make_unique<TrialSpecimen>(workshop, provided, form);
}

}  // namespace clh::core
