// PackNet: each task trains the weights that are free, prunes the smallest of them, trains the rest
// a little more and keeps them for good; the pruned ones, back at zero, are the next task's. A task
// is answered by the weights that it and the tasks before it kept.
// Mallya and Lazebnik, "PackNet: Adding Multiple Tasks to a Single Network by Iterative Pruning",
// arXiv:1711.05769, section 3.
// As in the paper, biases and norms train in the first task alone; after it the network stays in
// eval mode, so that running statistics stay too. Differs from the paper: there is no pre-trained
// network, the first task starts from the initial one; the epochs after the pruning come on top of
// the task's own; the last task is pruned like any other; each task keeps a copy of the head.
#include <clh/model.hpp>
#include <clh/networks/task_heads.hpp>
#include <clh/parameters/masked_step.hpp>
#include <clh/parameters/parameter_mask.hpp>
#include <clh/parameters/scoped_parameters.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

namespace {

class PackNet final : public clh::Model {
 public:
  static constexpr const char* kCite = "Mallya and Lazebnik 2018, arXiv:1711.05769";
  struct Options {
    double prune = 0.5;
    std::int64_t post_prune_epochs = 1;
    void bind(clh::OptionBinder& option) {
      option("prune", prune, "share of each layer's free weights that a task gives up")
          .above(0)
          .below(1);
      option("post-prune-epochs", post_prune_epochs,
             "epochs over the task with the weights that are left, after the task's own")
          .min(0);
    }
  };

  PackNet(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    if (options_.post_prune_epochs > 0 && task.size() == 0) {
      throw clh::UsageError(
          "[model] post-prune-epochs: expected 0 in a stream without task data, found " +
          std::to_string(options_.post_prune_epochs));
    }
    const auto& info = net().info();
    if (task.first()) {
      owner_ = at::where(clh::parameter_mask(info, clh::is_backbone_weight),
                         at::zeros({info.n_values}, at::kShort), at::tensor(kNone, at::kShort));
    } else if (owner_.size(0) < info.n_values) {
      owner_ = at::constant_pad_nd(owner_, {0, info.n_values - owner_.size(0)}, kNone);
    }
    task_ = task.index();
    held_ = at::Tensor();
    set_training(true);
  }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    return step(batch.inputs, batch.labels);
  }

  void end_task(const clh::Task& task) override {
    prune();
    optimizer().reset();
    for (std::int64_t epoch = 0; epoch < options_.post_prune_epochs; ++epoch) {
      const auto order = rng("method").permutation(task.size());
      for (std::int64_t begin = 0; begin < task.size(); begin += batch_size_) {
        check_stop();
        const auto end = std::min(begin + batch_size_, task.size());
        const auto read =
            task.read({order.begin() + begin, order.begin() + end}, clh::View::kAugmented);
        step(read.inputs, read.labels);
      }
    }
    optimizer().reset();
    optimizer().zero_grad();
    heads_.keep(net());
  }

  /// Of a task that is not finished: the network as it stands.
  at::Tensor predict(const clh::Query& query) override {
    if (query.task < 0 || query.task >= heads_.count()) {
      return net().forward(query.inputs);
    }
    const at::NoGradGuard no_grad;
    auto values = net().values().masked_fill(owner_.gt(query.task), 0);
    heads_.write(query.task, net(), values);
    const clh::ScopedParameters swap(net(), values);
    return net().forward(query.inputs);
  }

  void set_training(bool on) override {
    if (on && task_ > 0) {
      net().set_training(false);
    }
  }

  void state(clh::Archive& archive) override {
    archive("task", task_)("batch-size", batch_size_)("owner", owner_)("heads", heads_);
    held_ = at::Tensor();
  }

 private:
  static constexpr std::int16_t kNone = -1;

  double step(const at::Tensor& inputs, const at::Tensor& labels) {
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(inputs), labels);
    loss.backward();
    if (!held_.defined()) {
      held_ = held();
    }
    clh::masked_step(optimizer(), net(), held_);
    return loss.item<double>();
  }

  /// [P]: true at the weights of other tasks, and after the first task at biases and norms.
  at::Tensor held() const {
    const auto others = owner_.ne(kNone).logical_and(owner_.ne(task_));
    return task_ == 0
               ? others
               : others.logical_or(clh::parameter_mask(net().info(), clh::is_backbone_vector));
  }

  /// Gives the smallest of this task's weights in each layer to the next task, as zeros.
  void prune() {
    const at::NoGradGuard no_grad;
    const auto& info = net().info();
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      const auto& slot = info.slots[i];
      if (!clh::is_backbone_weight(slot)) {
        continue;
      }
      auto values = net().values().narrow(0, slot.offset, slot.count);
      auto owner = owner_.narrow(0, slot.offset, slot.count);
      const auto own = owner.eq(task_).nonzero().squeeze(1);
      const auto count =
          static_cast<std::int64_t>(options_.prune * static_cast<double>(own.size(0)));
      const auto order = std::get<1>(values.index_select(0, own).abs().sort(true, 0, false));
      const auto pruned = own.index_select(0, order.narrow(0, 0, count));
      values.index_fill_(0, pruned, 0);
      owner.index_fill_(0, pruned, task_ + 1);
    }
    held_ = at::Tensor();
  }

  Options options_;
  std::int64_t task_ = 0;
  std::int64_t batch_size_ = 1;  // the stream's, as far as seen
  at::Tensor owner_;             // [P] the task that trains or trained a weight; kNone = no weight
  clh::TaskHeads heads_;
  at::Tensor held_;  // [P] of the present task and phase; undefined = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<PackNet>("packnet", "PackNet, iterative pruning"));
