// HardAttention: a mask over hidden units for each task, learned together with the task.
// Serra, Suris, Miron, Karatzoglou, "Overcoming Catastrophic Forgetting with Hard Attention to the
// Task", arXiv:1801.01423, eq. 1 to 6.
#pragma once
#include <clh/networks/gated_network.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

struct HardAttentionOptions {
  double s_max = 400;
  double lambda = 0.75;
  double emb_clamp = 6;
  double clip = 1e4;
  double embedding_lr = 0;
  void bind(OptionBinder& option) {
    option("s-max", s_max, "steepness of the gates at an epoch's end; 1 / s-max at its start")
        .min(1);
    option("lambda", lambda, "weight of the share of free units that the task takes").min(0);
    option("embedding-clamp", emb_clamp, "largest magnitude of an embedding's entry").above(0);
    option("clip", clip, "largest norm of the gradients of parameters and embedding together")
        .above(0);
    option("embedding-lr", embedding_lr, "learning rate of the embedding; 0 = the optimizer's")
        .min(0);
  }
};

/// One embedding e [U] for the present task, whose gates a = sigmoid(s e) multiply the units; s
/// rises within each epoch, so that gates harden. At the task's end its mask is [e > 0]. The
/// embedding takes plain gradient steps of its own: an optimizer's leaf would have to exist before
/// the number of units is known, and could not be replaced by the next task's.
/// A network with running statistics is refused: no mask protects them from later tasks.
class HardAttention {
 public:
  /// Inputs: `random` draws the embeddings' first values.
  HardAttention(const ModelContext& context, const HardAttentionOptions& options, Rng random)
      : options_(options),
        random_(std::move(random)),
        gated_(context),
        net_(context.host, context.spec->net_vt, context.spec->net) {}

  void begin_task(const Task& task) {
    classes_.push_back(task.classes());
    embedding_ = at::Tensor();
  }
  /// Keeps the present embedding as the task's mask.
  void end_task() {
    masks_.push_back(present_mask());
    embedding_ = at::Tensor();
  }

  /// Gates a [U] for a step on this batch, attached to the embedding.
  /// Errors: UsageError where the batches of an epoch are not counted, or for a network with
  ///         running statistics.
  at::Tensor gates(const Batch& batch) {
    steepness_ = annealed(batch);
    if (gated_.layers().empty()) {
      gated_.find_layers();
      refuse_statistics(batch.inputs);
    }
    if (!embedding_.defined()) {
      embedding_ = at::randn({gated_.units()}, random_.torch());
    }
    leaf_ = embedding_.detach().requires_grad_();
    return (leaf_ * steepness_).sigmoid();
  }
  /// Outputs [B, C] behind the gates.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& gates) const {
    return gated_.forward(x, gates);
  }
  /// lambda * sum a (1 - m) / sum (1 - m), m the units that earlier tasks took (eq. 6); 0 where
  /// they left fewer than ten.
  at::Tensor regulariser(const at::Tensor& gates) const {
    return share_of_free(gates, 1 - taken(), 10) * options_.lambda;
  }
  /// The same share within each layer, without graph; 0 where no more than ten are free.
  std::vector<double> shares(const at::Tensor& gates) const {
    const auto free = 1 - taken();
    std::vector<double> shares;
    for (const auto& layer : gated_.layers()) {
      shares.push_back(share_of_free(GatedNetwork::part(gates.detach(), layer),
                                     GatedNetwork::part(free, layer), 11)
                           .item<double>());
    }
    return shares;
  }

  /// One step of the network and of the embedding. Gradients are clipped together, the embedding's
  /// after eq. 5 has undone what annealing does to them.
  /// Inputs: share of its movement that each parameter keeps, [P] in [0, 1]; undefined = all of it.
  ///         It is the movement and not the gradient that is scaled, so that 0 holds a parameter
  ///         still bit for bit with any optimizer: under momentum, decay or moments too.
  void step(const Optimizer& optimizer, const at::Tensor& share) {
    const at::NoGradGuard no_grad;
    auto pull = leaf_.grad() * compensation();
    auto grads = net_.grads();
    const auto moving = share.defined() ? grads * share : grads;
    const auto norm = std::sqrt(moving.square().sum().item<double>() +
                                pull.square().sum().item<double>());
    if (norm > options_.clip) {
      grads.mul_(options_.clip / norm);
      pull.mul_(options_.clip / norm);
    }
    const auto before = share.defined() ? net_.values().clone() : at::Tensor();
    optimizer.step();
    if (share.defined()) {
      auto values = net_.values();
      values.copy_(at::lerp(before, values, share));  // exact for 0 and 1
    }
    const auto rate = options_.embedding_lr > 0 ? options_.embedding_lr : optimizer.rate();
    embedding_ = (embedding_ - rate * pull).clamp_(-options_.emb_clamp, options_.emb_clamp);
    leaf_ = at::Tensor();
  }

  /// Tasks that have ended.
  std::int64_t ended() const { return static_cast<std::int64_t>(masks_.size()); }
  const GatedNetwork& gated() const { return gated_; }
  /// How many earlier tasks use each unit, [U].
  at::Tensor uses() const {
    auto sum = at::zeros({gated_.units()});
    for (const auto& mask : masks_) {
      sum += mask;
    }
    return sum;
  }
  /// 1 for each unit that an earlier task uses, [U].
  at::Tensor taken() const { return uses().clamp_max_(1); }
  /// 1 for the head's rows of outputs that earlier tasks have and the present one has not, [P].
  at::Tensor old_outputs() const {
    std::set<std::int64_t> old;
    for (const auto& task : classes_) {
      old.insert(task.begin(), task.end());
    }
    for (const auto output : classes_.back()) {
      old.erase(output);
    }
    return output_mask(net_.info(), {old.begin(), old.end()}).to(at::kFloat);
  }

  /// Outputs [B, C] with the task's mask; with the present task's for one that has not ended, or
  /// for an unknown one.
  at::Tensor predict(const Query& query) {
    const auto task = static_cast<std::size_t>(query.task);
    const bool ended = query.task >= 0 && task < masks_.size();
    if (!ended && !embedding_.defined() && masks_.empty()) {
      return net_.forward(query.inputs);
    }
    gated_.find_layers();
    return gated_.forward(query.inputs, ended                  ? masks_[task]
                                        : embedding_.defined() ? present_mask()
                                                               : masks_.back());
  }

  void state(Archive& archive) {
    archive("classes", classes_)("masks", masks_)("embedding", embedding_);
  }

 private:
  at::Tensor present_mask() const { return embedding_.gt(0).to(at::kFloat); }

  /// Whether a forward pass in training mode changes what eval mode gives afterwards.
  void refuse_statistics(const at::Tensor& x) const {
    const at::NoGradGuard no_grad;
    net_.set_training(false);
    const auto before = net_.features(x);
    net_.set_training(true);
    net_.features(x);
    net_.set_training(false);
    const auto after = net_.features(x);
    net_.set_training(true);
    if (!at::allclose(before, after, 0, 0, true)) {
      throw UsageError(
          "[model] expected a backbone without running statistics, which no mask protects, found "
          "one with (batch norm; resnet18 has norm=instance)");
    }
  }

  /// s of eq. 3, from 1 / s_max in an epoch's first batch to s_max in its last.
  double annealed(const Batch& batch) const {
    if (batch.per_epoch <= 0) {
      throw UsageError(
          "[model] expected a stream that counts the batches of an epoch, found one that does not");
    }
    const auto last = static_cast<double>(batch.per_epoch - 1);
    const auto low = 1 / options_.s_max;
    return last == 0 ? options_.s_max
                     : low + (options_.s_max - low) * static_cast<double>(batch.index) / last;
  }
  /// s_max / s * (cosh(s e) + 1) / (cosh(e) + 1), [U] (eq. 5).
  at::Tensor compensation() const {
    const auto steep = (embedding_ * steepness_).clamp_(-50, 50).cosh_().add_(1);
    return steep.div_(embedding_.cosh().add_(1)).mul_(options_.s_max / steepness_);
  }
  static at::Tensor share_of_free(const at::Tensor& gates, const at::Tensor& free, double fewest) {
    const auto count = free.sum();
    return count.item<double>() < fewest ? at::zeros({}) : (gates * free).sum() / count;
  }

  HardAttentionOptions options_;
  Rng random_;
  GatedNetwork gated_;
  Network net_;                                     // the model's, borrowed
  std::vector<std::vector<std::int64_t>> classes_;  // output indices of each task begun
  std::vector<at::Tensor> masks_;                   // [U], 0 or 1, of each task ended
  at::Tensor embedding_;                            // [U]; undefined between tasks
  at::Tensor leaf_;                                 // the same in a step's graph
  double steepness_ = 1;
};

}  // namespace clh
