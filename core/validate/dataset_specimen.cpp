// A dataset's life: open, then the test split, twice.

#include "core/error.hpp"
#include "core/instances/dataset_proxy.hpp"
#include "core/validate/bench.hpp"
#include "core/validate/check.hpp"
#include "core/validate/lut_parts.hpp"
#include "core/validate/specimen.hpp"

namespace clh::core {
namespace {

class DatasetSpecimen final : public Specimen {
 public:
  DatasetSpecimen(Workshop& workshop, const ProvidedComponent& provided, std::uint64_t seed,
                  const ConfigTable& options)
      : bench_(workshop, seed),
        dataset_(bench_.run(), bench_.choose(CLH_DATASET, workshop.full_name(provided), options)) {}

  bool move() override {
    try {
      if (moves_ == 0) {
        dataset_.open();
      } else {
        data_ = dataset_.load(CLH_TEST);
      }
    } catch (const Error& e) {
      if (e.slug() == "missing-data") {
        throw CheckSkipped{std::string(e.what()) + "; " + e.fix()};
      }
      throw;
    }
    return ++moves_ < 2;
  }
  void save(StateRecord& record) override { save_state(*this, record); }
  void load(const StateRecord& record) override {
    load_state(*this, record);
    if (moves_ > 0) {
      dataset_.open();
    }
  }
  void state(Archive& archive) {
    archive("moves", moves_);
    archive.record("component", [&] { dataset_.instance().state(archive); });
  }
  StateRecord* own(StateRecord& record) override { return own_part(record); }
  void outcome(StateRecord& record) override {
    save(record);
    record.values.emplace("inputs", data_.inputs);
    record.values.emplace("labels", data_.labels);
  }

 private:
  Bench bench_;
  DatasetProxy dataset_;
  SplitData data_;
  std::int64_t moves_ = 0;
};

}  // namespace

std::unique_ptr<Specimen> make_dataset_specimen(Workshop& workshop,
                                                const ProvidedComponent& provided,
                                                std::uint64_t seed, const ConfigTable& options) {
  return std::make_unique<DatasetSpecimen>(workshop, provided, seed, options);
}

}  // namespace clh::core
