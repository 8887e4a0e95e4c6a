// Cumulative: trains on all data so far in every task (an upper bound after each; no continual
// learner). `reinit` starts every task from a fresh network: the reference for intransigence.
#include <clh/memory/seen_samples.hpp>
#include <clh/model.hpp>

namespace {

class Cumulative final : public clh::Model {
 public:
  struct Options {
    bool reinit = false;
    void bind(clh::OptionBinder& option) {
      option("reinit", reinit, "start every task from newly drawn parameters");
    }
  };

  Cumulative(const clh::ModelContext& context, const Options& options)
      : Model(context), reinit_(options.reinit) {}

  void begin_task(const clh::Task& task) override {
    clh::SeenSamples before = seen_;
    seen_.keep(*this, task);
    before.append_to(task);
    if (reinit_ && !task.first()) {
      net().assign(net().fresh(task.index()));
      optimizer().reset();
    }
  }

  double observe(const clh::Batch& batch) override {
    return learn(criterion(net().forward(batch.inputs), batch.labels));
  }

  void state(clh::Archive& archive) override { archive("seen", seen_); }

 private:
  bool reinit_;
  clh::SeenSamples seen_;
};

}  // namespace

CLH_PLUGIN(clh::model<Cumulative>("cumulative", "Training on all data so far"));
