// MaximallyInterferedRetrieval: replays, of some candidates, those whose loss the coming step on
// the batch alone would raise most. Aljundi et al., "Online Continual Learning with Maximally
// Interfered Retrieval", arXiv:1908.04742, Alg. 1, score s_MI-1. The virtual step is a plain
// gradient step, whatever the optimizer. Differs from the paper: the batch's gradient of the
// virtual step serves the real one too, for the values are the same; scores are taken in eval mode
// on samples that are not augmented, the replay augments them afresh.
#include <clh/memory/replay_memory.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace {

enum class Loss { kSum, kConcat };

struct Options : clh::ReplayOptions {
  Options() { minibatch = 10; }
  std::int64_t subsample = 50;
  Loss loss = Loss::kSum;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("subsample", subsample, "candidates drawn per step, of which `minibatch` suffer most")
        .min(1);
    option("loss", loss, "two means added, or one mean over batch and exemplars")
        .choices({"sum", "concat"});
  }
};

class MaximallyInterferedRetrieval final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Aljundi et al. 2019, arXiv:1908.04742";
  MaximallyInterferedRetrieval(const clh::ModelContext& context, const Options& options)
      : ModelOf(context, options) {
    if (options.subsample < options.minibatch) {
      throw clh::UsageError("[model] subsample: expected at least minibatch, " +
                            std::to_string(options.minibatch) + ", found " +
                            std::to_string(options.subsample));
    }
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto present = criterion(net().forward(batch.inputs), batch.labels);
    present.backward();
    auto loss = present.item<double>();
    if (!memory_.empty()) {
      const auto old = retrieve(memory_.draw_size(batch));
      const auto past = criterion(net().forward(augment(old.inputs)), old.labels);
      const auto n = static_cast<double>(batch.size()), m = static_cast<double>(old.labels.size(0));
      const bool sum = options().loss == Loss::kSum;
      const auto keep = sum ? 1.0 : n / (n + m), add = sum ? 1.0 : m / (n + m);
      net().grads().mul_(keep);
      (past * add).backward();
      loss = keep * loss + add * past.item<double>();
    }
    optimizer().step();
    memory_.add(batch);
    return loss;
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  struct Chosen {
    at::Tensor inputs, labels;  // raw [m, ...], [m]
  };

  /// The candidates that a plain step along the present gradient harms most.
  Chosen retrieve(std::int64_t wanted) {
    const auto drawn = memory_.sample(options().subsample);
    const auto count = std::min(wanted, drawn.labels.size(0));
    if (count == drawn.labels.size(0)) {
      return {drawn.raw, drawn.labels};
    }
    const at::NoGradGuard no_grad;
    const auto inputs = normalize(drawn.raw);
    auto values = net().values();
    before_.resize_as_(values).copy_(values);
    net().set_training(false);
    auto harm = criterion_each(net().forward(inputs), drawn.labels).neg_();
    values.sub_(net().grads(), optimizer().rate());
    harm.add_(criterion_each(net().forward(inputs), drawn.labels));
    values.copy_(before_);
    net().set_training(true);
    const auto worst = std::get<1>(harm.topk(count));
    return {drawn.raw.index_select(0, worst), drawn.labels.index_select(0, worst)};
  }

  clh::ReplayMemory memory_{*this, options()};
  at::Tensor before_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<MaximallyInterferedRetrieval>("mir", "Maximally interfered retrieval"));
