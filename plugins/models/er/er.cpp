// ExperienceReplay: one joint step on the incoming batch and a batch drawn from memory.
// Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", arXiv:1902.10486, Alg. 1.
// Differs from the paper: stored samples are augmented afresh at every replay; replay begins with
// the second step of the first task, or with the policies that choose by features at a task's end
// in the second task.
#include <clh/losses/active_outputs.hpp>
#include <clh/memory/replay_memory.hpp>

#include <ATen/ops/cat.h>

#include <optional>

namespace {

struct Options : clh::ReplayOptions {
  std::optional<double> replay_weight;
  clh::Active active = clh::Active::kAll;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option(
        "replay-weight", replay_weight,
        "weight of the exemplars' own mean loss, added to the batch's; none = one mean over both")
        .min(0);
    clh::ActiveOutputs::bind(option, active);
  }
};

class ExperienceReplay final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Chaudhry et al. 2019, arXiv:1902.10486";
  using ModelOf::ModelOf;

  void begin_task(const clh::Task& task) override { active_.begin_task(task); }

  double observe(const clh::Batch& batch) override {
    const auto replayed = memory_.draw(batch);  // [0, ...] before the first step
    const auto labels = at::cat({batch.labels, replayed.labels});
    const auto outputs = net().forward(at::cat({batch.inputs, augment(replayed.raw)}));
    const auto loss = learn(weighed(active_.only(outputs, labels), labels, batch.size()));
    memory_.add(batch);
    return loss;
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override { archive("memory", memory_)("active", active_); }

 private:
  /// outputs [B + m, C], labels [B + m]; the first B rows are the stream's.
  at::Tensor weighed(const at::Tensor& outputs, const at::Tensor& labels, std::int64_t b) const {
    const auto m = labels.size(0) - b;
    if (!options().replay_weight || m == 0) {
      return criterion(outputs, labels);
    }
    return criterion(outputs.narrow(0, 0, b), labels.narrow(0, 0, b)) +
           criterion(outputs.narrow(0, b, m), labels.narrow(0, b, m)) * *options().replay_weight;
  }

  clh::ReplayMemory memory_{*this, options()};
  clh::ActiveOutputs active_{options().active, net(), scenario()};
};

}  // namespace

CLH_PLUGIN(clh::model<ExperienceReplay>("er", "Experience replay"));
