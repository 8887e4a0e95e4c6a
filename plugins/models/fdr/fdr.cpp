// FunctionDistanceRegularisation: after each step on the batch, one that draws the outputs for
// remembered samples back to those at the end of their task.
// Benjamin, Rolnick and Koerding, "Measuring and Regularizing Networks in Function Space",
// arXiv:1805.08289, section 3.1; the distance is that of two softmaxes, as in arXiv:2004.07211.
// Outputs that did not exist then, or with a multi-head belong to another task, are not compared;
// 1e-12 under the root gives the distance a gradient at 0. `formula=reference-code` is the form
// behind the table of arXiv:2004.07211: alpha is 1, and the outputs are remembered in train mode
// for augmented samples.
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/replay_options.hpp>
#include <clh/memory/task_memory.hpp>
#include <clh/model.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>

#include <limits>
#include <string>

namespace {

/// Softmax over the outputs that `compared` has numbers for: both [m, C].
at::Tensor probabilities(const at::Tensor& outputs, const at::Tensor& compared) {
  return outputs.masked_fill(compared.isnan(), -std::numeric_limits<float>::infinity()).softmax(1);
}

class FunctionDistanceRegularisation final : public clh::Model {
 public:
  static constexpr const char* kCite = "Benjamin et al. 2019, arXiv:1805.08289";
  struct Options {
    double alpha = 1;
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    clh::Formula formula = clh::Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("alpha", alpha, "weight of the distance to the remembered outputs").min(0);
      option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each task")
          .min(1)
          .at_least(clh::kTasks);
      option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
      option("formula", formula, "reference-code: see the published DER suite; alpha stays 1")
          .choices({"paper", "reference-code"});
    }
  };

  FunctionDistanceRegularisation(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), memory_(rng("buffer.sample")) {
    if (options.formula == clh::Formula::kReferenceCode && options.alpha != 1) {
      throw clh::UsageError("[model] alpha: expected 1 beside formula=reference-code, found " +
                            std::to_string(options.alpha));
    }
  }

  void begin_task(const clh::Task& task) override {
    part_ = clh::part_of_each(options_.buffer_size, task.index() + 1);
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto present = criterion(net().forward(batch.inputs), batch.labels);
    present.backward();
    optimizer().step();
    if (memory_.empty()) {
      return present.item<double>();
    }
    const auto old = memory_.sample(options_.minibatch > 0 ? options_.minibatch : batch.size());
    const auto& then = old.extra[0];
    optimizer().zero_grad();
    const auto now = net().forward(augment(old.raw)).narrow(1, 0, then.size(1));
    const auto gap = probabilities(now, then) - probabilities(then, then);
    const auto past = (gap.square().sum(1) + 1e-12).sqrt().mean() * options_.alpha;
    past.backward();
    optimizer().step();
    return present.item<double>() + past.item<double>();
  }

  /// Keeps floor(B/(t+1)) samples of each task so far, with their outputs.
  void end_task(const clh::Task& task) override {
    auto stream = rng("buffer.insert");
    const bool reference = options_.formula == clh::Formula::kReferenceCode;
    const auto kept = task.read(clh::draw_distinct(stream, task.size(), part_),
                                reference ? clh::View::kAugmented : clh::View::kPlain);
    const at::NoGradGuard no_grad;
    net().set_training(reference);
    auto outputs = net().forward(kept.inputs);
    net().set_training(true);
    if (net().info().head == CLH_HEAD_MULTI) {
      const auto own = at::tensor(task.classes(), at::kLong);
      outputs = at::full_like(outputs, std::numeric_limits<float>::quiet_NaN())
                    .index_copy_(1, own, outputs.index_select(1, own));
    }
    memory_.truncate(part_);
    memory_.open(part_);
    memory_.add(kept.raw, kept.labels, {outputs});
  }

  void state(clh::Archive& archive) override { archive("memory", memory_)("part", part_); }

 private:
  Options options_;
  clh::TaskMemory memory_;
  std::int64_t part_ = 1;  // of each task so far
};

}  // namespace

CLH_PLUGIN(clh::model<FunctionDistanceRegularisation>("fdr", "Function distance regularisation"));
