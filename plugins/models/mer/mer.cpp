// MetaExperienceReplay: for each sample, steps on batches of it and of the memory, and between them
// moves only part of the way, which favours directions in which their gradients agree (Reptile).
// Riemer et al., "Learning to Learn without Forgetting by Maximizing Transfer and Minimizing
// Interference", arXiv:1810.11910, Alg. 6; `inner=sample` is Alg. 1.
// A batch of the stream is taken sample by sample: `train.batch-size` changes nothing but how often
// a loss is reported. Differs from the paper: stored samples are augmented afresh at every replay;
// with `inner=sample` the present sample comes first in each pass, as the paper does not tell.
#include <clh/model.hpp>
#include <clh/replay_limits.hpp>
#include <clh/reservoir_buffer.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <vector>

namespace {

enum class Inner { kBatch, kSample };

class MetaExperienceReplay final : public clh::Model {
 public:
  static constexpr const char* kCite = "Riemer et al. 2019, arXiv:1810.11910";
  struct Options {
    double beta = 1;
    double gamma = 1;
    std::int64_t batch_num = 1;
    std::int64_t minibatch = 128;
    std::int64_t buffer_size = 500;
    Inner inner = Inner::kBatch;
    void bind(clh::OptionBinder& option) {
      option("beta", beta, "share of the way that each batch's steps move").min(0);
      option("gamma", gamma, "share of the way that all batches of a sample move").min(0);
      option("batch-num", batch_num, "batches for each sample").min(1);
      option("minibatch", minibatch, "exemplars in each batch, beside the sample").min(1);
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("inner", inner, "one step on a whole batch, or one on each of its samples")
          .choices({"batch", "sample"});
    }
  };

  MetaExperienceReplay(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {
    clh::require_draw_fits(options.minibatch, options.buffer_size);
  }

  double observe(const clh::Batch& batch) override {
    double loss = 0;
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      loss += learn(batch.inputs.narrow(0, i, 1), batch.labels.narrow(0, i, 1));
      memory_.add(batch.raw.narrow(0, i, 1), batch.labels.narrow(0, i, 1));
    }
    return loss / static_cast<double>(batch.size());
  }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  /// One sample's steps. Inputs: input [1, ...], label [1]. Returns: the mean loss of its batches.
  double learn(const at::Tensor& input, const at::Tensor& label) {
    std::vector<clh::ReservoirBuffer::Draw> draws;  // all made before the first step
    while (!memory_.empty() && static_cast<std::int64_t>(draws.size()) < options_.batch_num) {
      draws.push_back(memory_.sample(options_.minibatch));
    }
    remember(across_, options_.gamma);
    double loss = 0;
    for (std::int64_t i = 0; i < options_.batch_num; ++i) {
      remember(within_, options_.beta);
      loss += draws.empty() ? step(input, label)
                            : pass(draws[static_cast<std::size_t>(i)], input, label);
      interpolate(within_, options_.beta);
    }
    interpolate(across_, options_.gamma);
    return loss / static_cast<double>(options_.batch_num);
  }

  /// Steps on replayed samples and the present one. Returns: their mean loss.
  double pass(const clh::ReservoirBuffer::Draw& old, const at::Tensor& input,
              const at::Tensor& label) {
    const auto inputs = at::cat({input, augment(old.raw)});
    const auto labels = at::cat({label, old.labels});
    if (options_.inner == Inner::kBatch) {
      return step(inputs, labels);
    }
    double loss = 0;
    for (std::int64_t i = 0; i < labels.size(0); ++i) {
      loss += step(inputs.narrow(0, i, 1), labels.narrow(0, i, 1));
    }
    return loss / static_cast<double>(labels.size(0));
  }

  double step(const at::Tensor& inputs, const at::Tensor& labels) {
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(inputs), labels);
    loss.backward();
    optimizer().step();
    return loss.item<double>();
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

  Options options_;
  clh::ReservoirBuffer memory_;
  at::Tensor across_ = at::empty({0}), within_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<MetaExperienceReplay>("mer", "Meta-experience replay", clh::kAllSettings));
