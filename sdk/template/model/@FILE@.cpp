// @CLASS@: experience replay: every step learns from the incoming batch and from exemplars drawn
// from a bounded memory.
// Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", arXiv:1902.10486, Alg. 1.
#include <clh/memory/replay_memory.hpp>

#include <ATen/ops/cat.h>

namespace {

class @CLASS@ final : public clh::ModelOf<clh::ReplayOptions> {
 public:
  using ModelOf::ModelOf;

  double observe(const clh::Batch& batch) override {
    const auto replayed = memory_.draw(batch);  // [0, ...] before the first step
    const auto outputs = net().forward(at::cat({batch.inputs, augment(replayed.raw)}));
    const auto loss = learn(criterion(outputs, at::cat({batch.labels, replayed.labels})));
    memory_.add(batch);
    return loss;
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  clh::ReplayMemory memory_{*this, options()};
};

}  // namespace

CLH_PLUGIN(clh::model<@CLASS@>("@NAME@", "Experience replay"));
