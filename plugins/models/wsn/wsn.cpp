// WinningSubnetworks: weights and a score for each are trained together; the best scored weights of
// each layer are the task's subnetwork. Later tasks may use a weight of an earlier subnetwork, but
// never change it. A task is answered by its own subnetwork.
// Kang et al., "Forget-free Continual Learning with Winning Subnetworks", ICML 2022 (PMLR 162),
// Algorithm 1.
// Differs from the paper: backbones here have biases and norms, which are always part of the
// subnetwork and train in the first task alone; after it the network stays in eval mode, so that
// running statistics stay too. Each task keeps a copy of the head. Masks are not compressed.
#include <clh/model.hpp>
#include <clh/networks/task_heads.hpp>
#include <clh/parameters/masked_step.hpp>
#include <clh/parameters/parameter_mask.hpp>
#include <clh/parameters/scoped_parameters.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

class WinningSubnetworks final : public clh::Model {
 public:
  static constexpr const char* kCite = "Kang et al. 2022, PMLR 162:10734-10750";
  struct Options {
    double c = 0.5;
    bool score_reset = false;
    void bind(clh::OptionBinder& option) {
      option("share", c, "share of each layer's weights in a subnetwork").above(0).max(1);
      option("score-reset", score_reset, "each task starts from scores of its own");
    }
  };

  WinningSubnetworks(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {
    const auto& info = net().info();
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      if (clh::is_backbone_weight(info.slots[i])) {
        extent_ = std::max(extent_, info.slots[i].offset + info.slots[i].count);
      }
    }
    scores_ = at::zeros({extent_}).requires_grad_(true);
    optimizer().add("scores", scores_);
  }

  void begin_task(const clh::Task& task) override {
    if (task.first() || options_.score_reset) {
      draw_scores();
    }
    later_ = !task.first();
    held_ = at::Tensor();
    set_training(true);
  }

  /// The gradient of a masked weight W * M is that of W inside the subnetwork, and times W that of
  /// M, which goes straight through to the score |s| that M was made from.
  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto hidden = outside();
    double loss = 0;
    {
      const clh::ScopedParameters swap(net(), with_hidden(hidden));
      const auto result = criterion(net().forward(batch.inputs), batch.labels);
      result.backward();
      loss = result.item<double>();
    }
    const at::NoGradGuard no_grad;
    auto gradient = net().grads().narrow(0, 0, extent_);
    const auto weights = net().values().narrow(0, 0, extent_);
    scores_.mutable_grad().copy_(gradient * weights * scores_.sign());
    gradient.masked_fill_(hidden, 0);
    if (!held_.defined()) {
      held_ = held();
    }
    clh::masked_step(optimizer(), net(), held_);
    return loss;
  }

  void end_task(const clh::Task&) override {
    hidden_.push_back(outside());
    heads_.keep(net());
  }

  /// Of a task that is not finished: by the present scores.
  at::Tensor predict(const clh::Query& query) override {
    const at::NoGradGuard no_grad;
    const bool finished = query.task >= 0 && query.task < heads_.count();
    auto values =
        with_hidden(finished ? hidden_.at(static_cast<std::size_t>(query.task)) : outside());
    if (finished) {
      heads_.write(query.task, net(), values);
    }
    const clh::ScopedParameters swap(net(), values);
    return net().forward(query.inputs);
  }

  void set_training(bool on) override {
    if (on && later_) {
      net().set_training(false);
    }
  }

  void state(clh::Archive& archive) override {
    archive("later", later_)("hidden", hidden_)("heads", heads_);  // the scores are the optimizer's
    held_ = at::Tensor();
  }

 private:
  /// Calls visit(slot) for each layer's weights.
  template <class Visit>
  void each_layer(Visit&& visit) const {
    const auto& info = net().info();
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      if (clh::is_backbone_weight(info.slots[i])) {
        visit(info.slots[i]);
      }
    }
  }

  /// Uniform as Kaiming's: within 1 / sqrt(inputs of a unit). Where no weight is, zero.
  void draw_scores() {
    const at::NoGradGuard no_grad;
    each_layer([&](const clh_slot& slot) {
      const auto inputs = static_cast<double>(slot.count / slot.shape.dim[0]);
      scores_.narrow(0, slot.offset, slot.count)
          .uniform_(-1 / std::sqrt(inputs), 1 / std::sqrt(inputs), rng("method").torch());
    });
  }

  /// [extent]: true at the weights that the present scores leave out.
  at::Tensor outside() const {
    const at::NoGradGuard no_grad;
    auto hidden = at::zeros({extent_}, at::kBool);
    each_layer([&](const clh_slot& slot) {
      const auto kept = std::llround(options_.c * static_cast<double>(slot.count));
      const auto best = scores_.narrow(0, slot.offset, slot.count)
                            .abs()
                            .topk(std::max<std::int64_t>(kept, 1), 0, true, false);
      hidden.narrow(0, slot.offset, slot.count).fill_(true).index_fill_(0, std::get<1>(best), 0);
    });
    return hidden;
  }

  /// [P]: the network's values, zero where `hidden` [extent] is true.
  at::Tensor with_hidden(const at::Tensor& hidden) const {
    auto values = net().values().clone();
    values.narrow(0, 0, extent_).masked_fill_(hidden, 0);
    return values;
  }

  /// [P]: true at the weights of earlier subnetworks, and after the first task at biases and norms.
  at::Tensor held() const {
    auto held = at::zeros({net().info().n_values}, at::kBool);
    const auto weights = clh::parameter_mask(net().info(), clh::is_backbone_weight);
    for (const auto& hidden : hidden_) {
      held.narrow(0, 0, extent_).logical_or_(hidden.logical_not());
    }
    held.logical_and_(weights);
    return later_ ? held.logical_or(clh::parameter_mask(net().info(), clh::is_backbone_vector))
                  : held;
  }

  Options options_;
  std::int64_t extent_ = 0;         // end of the last weights in the flat vector
  bool later_ = false;              // than the first task
  at::Tensor scores_;               // [extent], of the weights that stand at the same places
  std::vector<at::Tensor> hidden_;  // of each finished task: [extent] true outside its subnetwork
  clh::TaskHeads heads_;
  at::Tensor held_;  // [P] of the present task; undefined = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<WinningSubnetworks>("wsn", "Winning subnetworks"));
