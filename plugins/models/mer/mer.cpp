// MetaExperienceReplay: for each sample, steps on batches of it and of the memory, and between them
// moves only part of the way, which favours directions in which their gradients agree (Reptile).
// Riemer et al., "Learning to Learn without Forgetting by Maximizing Transfer and Minimizing
// Interference", arXiv:1810.11910, Alg. 6; `inner=sample` is Alg. 1.
// A batch of the stream is taken sample by sample: `train.batch-size` changes nothing but how often
// a loss is reported. Differs from the paper: stored samples are augmented afresh at every replay;
// with `inner=sample` the present sample comes first in each pass, as the paper does not tell.
#include <clh/memory/replay_memory.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <vector>

namespace {

enum class Inner { kBatch, kSample };

struct Options : clh::ReplayOptions {
  Options() { minibatch = 128; }
  double beta = 1;
  double gamma = 1;
  std::int64_t rounds = 1;
  Inner inner = Inner::kBatch;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("beta", beta, "share of the way that each batch's steps move").min(0);
    option("gamma", gamma, "share of the way that all batches of a sample move").min(0);
    option("rounds", rounds, "batches for each sample").min(1);
    option("inner", inner, "one step on a whole batch, or one on each of its samples")
        .choices({"batch", "sample"});
  }
};

class MetaExperienceReplay final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Riemer et al. 2019, arXiv:1810.11910";
  using ModelOf::ModelOf;

  double observe(const clh::Batch& batch) override {
    double loss = 0;
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto sample = batch.rows(i, 1);
      loss += learn_sample(sample, memory_.draw_size(batch));
      memory_.add(sample);
    }
    return loss / static_cast<double>(batch.size());
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  /// One sample's steps. Inputs: sample, a batch of one. Returns: the mean loss of its batches.
  double learn_sample(const clh::Batch& sample, std::int64_t replayed) {
    std::vector<clh::Exemplars> draws;  // all made before the first step
    while (!memory_.empty() && static_cast<std::int64_t>(draws.size()) < options().rounds) {
      draws.push_back(memory_.sample(replayed));
    }
    remember(across_, options().gamma);
    double loss = 0;
    for (std::int64_t i = 0; i < options().rounds; ++i) {
      remember(within_, options().beta);
      loss += draws.empty() ? learn(criterion(net().forward(sample.inputs), sample.labels))
                            : pass(draws[static_cast<std::size_t>(i)], sample);
      interpolate(within_, options().beta);
    }
    interpolate(across_, options().gamma);
    return loss / static_cast<double>(options().rounds);
  }

  /// Steps on replayed samples and the present one. Returns: their mean loss.
  double pass(const clh::Exemplars& old, const clh::Batch& sample) {
    const auto inputs = at::cat({sample.inputs, augment(old.raw)});
    const auto labels = at::cat({sample.labels, old.labels});
    if (options().inner == Inner::kBatch) {
      return learn(criterion(net().forward(inputs), labels));
    }
    double loss = 0;
    for (std::int64_t i = 0; i < labels.size(0); ++i) {
      loss += learn(criterion(net().forward(inputs.narrow(0, i, 1)), labels.narrow(0, i, 1)));
    }
    return loss / static_cast<double>(labels.size(0));
  }

  /// Keeps the present values where interpolate() will need them.
  void remember(at::Tensor& before, double share) const {
    if (share != 1) {
      before.resize_as_(net().values()).copy_(net().values());
    }
  }
  /// theta <- before + share (theta - before).
  void interpolate(const at::Tensor& before, double share) const {
    if (share != 1) {
      net().values().sub_(before).mul_(share).add_(before);
    }
  }

  clh::ReplayMemory memory_{*this, options()};
  at::Tensor across_ = at::empty({0}), within_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<MetaExperienceReplay>("mer", "Meta-experience replay"));
