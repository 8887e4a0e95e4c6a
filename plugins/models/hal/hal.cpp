// HindsightAnchorLearning: replay that also keeps still, for each class, the outputs at an anchor:
// an input made so that its forgetting would hurt most. Chaudhry et al., "Using Hindsight to Anchor
// Past Knowledge in Continual Learning", arXiv:2002.08165, Alg. 1, eq. 4 to 7. Differs from the
// paper: the network is tuned on the memory by one step on a batch, not for an epoch; anchors pass
// through it in eval mode, all of a task at once, and lie where normalized inputs do. The virtual
// step is a plain gradient step, whatever the optimizer. `formula=reference-code` is the form
// behind the table of arXiv:2004.07211: a reservoir instead of a ring for each task.
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/replay_options.hpp>
#include <clh/memory/reservoir_buffer.hpp>
#include <clh/memory/task_memory.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace {

class HindsightAnchorLearning final : public clh::Model {
 public:
  static constexpr const char* kCite = "Chaudhry et al. 2021, arXiv:2002.08165";
  struct Options {
    double lambda = 0.1;
    double beta = 0.5;
    double gamma = 0.1;
    std::int64_t anchor_steps = 100;
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    clh::Formula formula = clh::Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("lambda", lambda, "weight of the change of the outputs at the anchors").min(0);
      option("beta", beta, "share of the running mean of the features that a batch leaves")
          .min(0)
          .below(1);
      option("gamma", gamma, "weight of an anchor's distance to that mean").min(0);
      option("anchor-steps", anchor_steps, "gradient steps behind each anchor").min(0);
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|")
          .min(1)
          .at_least(clh::kTasks)
          .when("formula", {"paper"});
      option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
      option(
          "formula", formula,
          "memory: a ring for each task; reference-code: one reservoir, which takes a sample anew "
          "in every epoch")
          .choices({"paper", "reference-code"});
    }
  };

  HindsightAnchorLearning(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), memory_(clh::TaskMemory(rng("buffer.sample"))) {
    if (options.formula == clh::Formula::kReferenceCode) {
      memory_.emplace<clh::ReservoirBuffer>(
          clh::BufferSettings{options.buffer_size, clh::Offers::kEveryTime, rng("buffer.insert"),
                              rng("buffer.sample")});
    }
  }

  void begin_task(const clh::Task& task) override {
    if (auto* rings = std::get_if<clh::TaskMemory>(&memory_)) {
      rings->open(clh::part_of_each(options_.buffer_size, task.count()));
    }
    if (task.first()) {
      require_input_gradient(task);
    }
    mean_features_ = at::Tensor();
  }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    auto inputs = batch.inputs, labels = batch.labels;
    if (!empty()) {
      const auto old = sample(options_.minibatch > 0 ? options_.minibatch : batch.size());
      inputs = at::cat({inputs, augment(old.raw)});
      labels = at::cat({labels, old.labels});
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(inputs), labels);
    loss.backward();
    const auto drift = anchors_.defined() ? hold_anchors() : 0.0;
    optimizer().step();
    follow_features(batch.inputs);
    std::visit([&](auto& memory) { memory.add(batch); }, memory_);
    return loss.item<double>() + drift;
  }

  void end_task(const clh::Task& task) override {
    net().set_training(false);
    const auto made = make_anchors(task);
    net().set_training(true);
    anchors_ = anchors_.defined() ? at::cat({anchors_, made}) : made;
  }

  void state(clh::Archive& archive) override {
    std::visit([&](auto& memory) { archive("memory", memory); }, memory_);
    archive("anchors", anchors_)("mean-features", mean_features_)("batch-size", batch_size_);
  }

 private:
  bool empty() const {
    return std::visit([](const auto& memory) { return memory.empty(); }, memory_);
  }
  clh::Exemplars sample(std::int64_t count) {
    return std::visit([&](auto& memory) { return memory.sample(count); }, memory_);
  }

  /// Adds lambda times the gradient of the mean square by which a step along the present gradient
  /// would change the outputs at the anchors, eq. 4. Returns: lambda times that mean square.
  double hold_anchors() {
    auto values = net().values();
    before_.resize_as_(values).copy_(values);
    values.sub_(net().grads(), optimizer().rate());
    net().set_training(false);
    at::Tensor after;
    {
      const at::NoGradGuard no_grad;
      after = net().forward(anchors_);
    }
    values.copy_(before_);
    const auto change = (net().forward(anchors_) - after).square().mean() * options_.lambda;
    change.backward();
    net().set_training(true);
    return change.item<double>();
  }

  /// Running mean of the task's features, which starts at 0, eq. 7.
  void follow_features(const at::Tensor& inputs) {
    const at::NoGradGuard no_grad;
    net().set_training(false);
    const auto mean = net().features(inputs).mean(0) * (1 - options_.beta);
    net().set_training(true);
    mean_features_ = mean_features_.defined() ? mean_features_ * options_.beta + mean : mean;
  }

  /// One anchor for each class of the task, [k, ...]: gradient descent on
  /// -loss_tuned(e) + loss(e) + gamma |features(e) - mean|^2, eq. 6, where `tuned` is the network
  /// after a step on the memory. In eval mode the anchors do not depend on one another.
  at::Tensor make_anchors(const clh::Task& task) {
    const auto tuned = tuned_on_memory();
    const auto labels = at::tensor(task.classes(), at::kLong);
    auto shape = task.read({0}).inputs.sizes().vec();
    shape[0] = labels.size(0);
    auto anchors = at::rand(shape, rng("method").torch());
    for (std::int64_t i = 0; i < options_.anchor_steps; ++i) {
      check_stop();
      anchors.set_requires_grad(true);
      const auto now = net().both(anchors);
      const auto gained =
          criterion_each(now.outputs, labels) - criterion_each(tuned.forward(anchors), labels);
      const auto apart = (now.features - mean_features_).square().sum() * options_.gamma;
      const auto slope = torch::autograd::grad({gained.sum() + apart}, {anchors})[0];
      anchors = anchors.detach().sub(slope, optimizer().rate());
    }
    return anchors;
  }

  clh::Network tuned_on_memory() {
    const auto old = sample(batch_size_);
    optimizer().zero_grad();
    criterion(net().forward(augment(old.raw)), old.labels).backward();
    auto tuned = net().frozen_copy();
    tuned.values().sub_(net().grads(), optimizer().rate());
    optimizer().zero_grad();
    return tuned;
  }

  /// Errors: UsageError for a backbone that its inputs get no gradient from.
  void require_input_gradient(const clh::Task& task) const {
    net().set_training(false);
    const auto input = task.read({0}).inputs.detach().set_requires_grad(true);
    const auto slope = torch::autograd::grad({net().features(input).sum()}, {input}, {}, false,
                                             false, /*allow_unused=*/true);
    net().set_training(true);
    if (!slope[0].defined()) {
      throw clh::UsageError(
          "[model] hal: expected a backbone that can be differentiated by its inputs, found one "
          "that cannot");
    }
  }

  Options options_;
  std::variant<clh::TaskMemory, clh::ReservoirBuffer> memory_;
  at::Tensor anchors_;                  // [E, ...] network inputs; undefined in the first task
  at::Tensor mean_features_;            // [F]; undefined before a task's first step
  std::int64_t batch_size_ = 1;         // the stream's, as far as seen
  at::Tensor before_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<HindsightAnchorLearning>("hal", "Hindsight anchor learning"));
