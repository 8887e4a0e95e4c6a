// MemoryAwareSynapses: each parameter is held as firmly as the squared length of the outputs is
// sensitive to it.
// Aljundi et al., "Memory Aware Synapses: Learning what (not) to forget", arXiv:1711.09601, eq. 2
// to 4.
// Differs from the paper: `accumulate=ema` averages old and new importances instead of adding them,
// `per-sample=false` takes the magnitude of a batch's mean gradient, which understates them; with a
// multi-head the outputs are those of the task's block; no spring is stiffer than 1 / learning
// rate.
#include <clh/losses/active_outputs.hpp>
#include <clh/model.hpp>
#include <clh/networks/for_each_batch.hpp>
#include <clh/parameters/linear_layers.hpp>
#include <clh/parameters/quadratic_penalty.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <vector>

namespace {

enum class Accumulate { kSum, kEma };
enum class Outputs { kAll, kTask };

class MemoryAwareSynapses final : public clh::Model {
 public:
  static constexpr const char* kCite = "Aljundi et al. 2018, arXiv:1711.09601";
  struct Options {
    double lambda = 1;
    Accumulate accumulate = Accumulate::kSum;
    double alpha = 0.5;
    bool per_sample = true;
    Outputs outputs = Outputs::kAll;
    clh::Active active = clh::Active::kAll;
    void bind(clh::OptionBinder& option) {
      option("lambda", lambda, "strength of the penalty").min(0);
      option("accumulate", accumulate, "importances of the tasks added, or averaged as they come")
          .choices({"sum", "ema"});
      option("alpha", alpha, "weight of the old importances with accumulate=ema").range(0, 1);
      option("per-sample", per_sample, "magnitudes of each sample's gradient, not of a batch's");
      option("outputs", outputs, "outputs whose length counts: every one, or the task's own")
          .choices({"all", "task"});
      clh::ActiveOutputs::bind(option, active);
    }
  };

  MemoryAwareSynapses(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        active_(options.active, net(), scenario()),
        penalty_(2 * options.lambda) {
    if (options_.accumulate == Accumulate::kSum && options_.alpha != Options().alpha) {
      throw clh::UsageError(
          "[model] alpha: expected accumulate=ema beside it, found accumulate=sum");
    }
  }

  void begin_task(const clh::Task& task) override { active_.begin_task(task); }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    optimizer().zero_grad();
    const auto outputs = active_.only(net().forward(batch.inputs), batch.labels);
    const auto loss = criterion(outputs, batch.labels);
    loss.backward();
    const auto penalty = penalty_.add_gradient(net(), optimizer().rate());
    optimizer().step();
    return loss.item<double>() + penalty;
  }

  void end_task(const clh::Task& task) override {
    const auto fresh = importance(task);
    const bool average = options_.accumulate == Accumulate::kEma && !penalty_.empty();
    const auto old = penalty_.importance_of(fresh.size(0));
    penalty_.replace(average ? old * options_.alpha + fresh * (1 - options_.alpha) : old + fresh,
                     net().values());
  }

  void state(clh::Archive& archive) override {
    archive("active", active_)("penalty", penalty_)("batch-size", batch_size_);
  }

 private:
  /// Mean over the task's samples, in eval mode, of |d |f(x)|^2 / d theta|, [P].
  at::Tensor importance(const clh::Task& task) {
    constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result
    counted_ = at::Tensor();
    if (options_.outputs == Outputs::kTask || net().info().head == CLH_HEAD_MULTI) {
      counted_ = at::tensor(task.classes(), at::kLong);
    }
    auto sum = at::zeros_like(net().values());
    bool closed_form = options_.per_sample, checked = false;
    net().set_training(false);
    clh::for_each_batch(*this, task, options_.per_sample ? kPiece : batch_size_,
                        [&](const clh::TaskSamples& read) {
                          closed_form = closed_form && add_layers(read.inputs, sum, !checked);
                          checked = true;
                          if (!closed_form) {
                            add_gradients(read.inputs, sum);
                          }
                        });
    optimizer().zero_grad();
    net().set_training(true);
    return sum.div_(static_cast<double>(task.size()));
  }

  at::Tensor squared_length(const at::Tensor& outputs) const {  // [n, C] -> []
    return (counted_.defined() ? outputs.index_select(1, counted_) : outputs).square().sum();
  }

  /// All samples at once. False, and nothing added, if linear layers do not hold all parameters.
  bool add_layers(const at::Tensor& x, const at::Tensor& sum, bool check) const {
    const auto layers = clh::linear_layers(net(), x, check);
    if (layers.empty()) {
      return false;
    }
    std::vector<at::Tensor> z;
    for (const auto& layer : layers) {
      z.push_back(layer.output);
    }
    auto deltas = torch::autograd::grad({squared_length(clh::outputs_of(layers))}, z, {}, false,
                                        /*create_graph=*/false, /*allow_unused=*/true);
    const at::NoGradGuard no_grad;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (!deltas[l].defined()) {  // its layer does not lead to the outputs that count
        continue;
      }
      const auto size = deltas[l].abs_();
      layers[l].slice_weight(sum).addmm_(size.t(), layers[l].input.abs());
      if (layers[l].bias != nullptr) {
        layers[l].slice_bias(sum).add_(size.sum(0));
      }
    }
    return true;
  }

  /// One sample at a time, or the batch as one.
  void add_gradients(const at::Tensor& x, const at::Tensor& sum) const {
    const auto n = options_.per_sample ? std::int64_t{1} : x.size(0);
    for (std::int64_t i = 0; i < x.size(0); i += n) {
      optimizer().zero_grad();
      squared_length(net().forward(x.narrow(0, i, n))).backward();
      const at::NoGradGuard no_grad;
      at::Tensor(sum).add_(net().grads().abs());
    }
  }

  Options options_;
  clh::ActiveOutputs active_;
  clh::QuadraticPenalty penalty_;
  std::int64_t batch_size_ = 1;  // the stream's, as far as seen
  at::Tensor counted_;           // output indices [k]; undefined = every output
};

}  // namespace

CLH_PLUGIN(clh::model<MemoryAwareSynapses>("mas", "Memory aware synapses"));
