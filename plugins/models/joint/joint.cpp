// Joint: trains a fresh network once on the union of all tasks (the upper bound; no continual
// learner). Earlier tasks are only kept, and their loss only measured; the training happens in the
// last task, for that task's epochs over the union.
#include <clh/memory/seen_samples.hpp>
#include <clh/model.hpp>

#include <ATen/core/grad_mode.h>

namespace {

class Joint final : public clh::Model {
 public:
  using Model::Model;

  void begin_task(const clh::Task& task) override {
    last_ = task.index() + 1 == task.count();
    if (!last_) {
      earlier_.keep(*this, task);
      return;
    }
    earlier_.append_to(task);
    earlier_.clear();
    net().assign(net().fresh());
    optimizer().reset();
  }

  double observe(const clh::Batch& batch) override {
    if (!last_) {
      const at::NoGradGuard measure_only;
      return criterion(net().forward(batch.inputs), batch.labels).item<double>();
    }
    return learn(criterion(net().forward(batch.inputs), batch.labels));
  }

  void state(clh::Archive& archive) override { archive("last", last_)("earlier", earlier_); }

 private:
  bool last_ = false;
  clh::SeenSamples earlier_;
};

}  // namespace

CLH_PLUGIN(clh::model<Joint>("joint", "Offline joint training"));
