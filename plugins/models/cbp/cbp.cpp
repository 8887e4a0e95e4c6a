// ContinualBackpropagation: keeps a network able to learn by putting fresh units in the place of
// the least useful ones, a few at a time. It fights the loss of plasticity, not forgetting.
// Dohare et al., "Loss of plasticity in deep continual learning", Nature 632 (2024),
// doi:10.1038/s41586-024-07711-7, algorithm 1 and eq. 1; first in arXiv:2108.06325.
// Differs from the paper: utilities are divided by 1 - kappa^age unless `bias-correct=false`; a
// unit is due at a full count, q >= 1; the fresh weights are a row of a newly initialised network,
// which knows each layer's distribution; the optimizer's momentum and moments of a replaced unit
// stay, for a host's optimizer forgets all or nothing (plain SGD has none). Fully connected layers
// only.
#include <clh/networks/gated_network.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <limits>

namespace {

class ContinualBackpropagation final : public clh::Model {
 public:
  static constexpr const char* kCite = "Dohare et al. 2024, doi:10.1038/s41586-024-07711-7";
  struct Options {
    double rho = 1e-4;
    std::int64_t maturity = 100;
    double kappa = 0.99;
    bool bias_correct = true;
    void bind(clh::OptionBinder& option) {
      option("rho", rho, "share of a layer's mature units that is replaced in each step")
          .range(0, 1);
      option("maturity", maturity, "steps before a new unit may be replaced").min(0).unit("steps");
      option("kappa", kappa, "share of the former utility in the running mean").min(0).below(1);
      option("bias-correct", bias_correct, "divide utilities by 1 - kappa^age");
    }
  };

  ContinualBackpropagation(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), gated_(context) {}

  double observe(const clh::Batch& batch) override {
    find_layers();
    optimizer().zero_grad();
    // Inputs of the second layer on, and of the head, are the units' outputs.
    std::vector<at::Tensor> used;  // mean |h| of each layer, [units]
    at::Tensor features;
    for (const auto& item : net().activations(batch.inputs)) {
      const bool head = item.name == "head.0.input";
      for (std::size_t l = 1; l <= gated_.layers().size(); ++l) {
        if (l < gated_.layers().size() ? item.name == gated_.layers()[l].name + ".input" : head) {
          used.push_back(item.tensor.detach().abs().mean(0));
        }
      }
      if (head) {
        features = item.tensor;
      }
    }
    const auto loss = criterion(net().classify(features), batch.labels);
    loss.backward();
    optimizer().step();
    const at::NoGradGuard no_grad;
    for (std::size_t l = 0; l < used.size(); ++l) {
      grow_older(l, used[l]);
    }
    replace_due();
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override {
    archive("utility", utility_)("age", age_)("due", due_)("draws", draws_);
  }

 private:
  void find_layers() {
    if (!gated_.layers().empty()) {
      return;
    }
    gated_.find_layers();
    if (const auto* layer = gated_.not_fully_connected()) {
      throw clh::UsageError(
          "[model] cbp: expected a chain of fully connected layers with gates, found " +
          layer->name + " in another form");
    }
    if (!utility_.defined()) {
      utility_ = at::zeros({gated_.units()});
      age_ = at::zeros({gated_.units()});
      due_.assign(gated_.layers().size(), 0);
    }
  }

  /// The weights that leave a layer's units, [k, units] each: the next layer's, or the head's.
  std::vector<at::Tensor> outgoing(std::size_t l) const {
    const auto values = net().values();
    if (l + 1 < gated_.layers().size()) {
      return {gated_.layers()[l + 1].weight.of(values).squeeze(2)};
    }
    std::vector<at::Tensor> weights;
    for (const auto& rows : gated_.head_weights()) {
      weights.push_back(rows.of(values).squeeze(2));
    }
    return weights;
  }

  /// u <- kappa u + (1 - kappa) mean |h| sum_k |w_k| (eq. 1). Inputs: mean |h| [units].
  void grow_older(std::size_t l, const at::Tensor& used) {
    const auto& layer = gated_.layers()[l];
    auto leaving = at::zeros_like(used);
    for (const auto& weight : outgoing(l)) {
      leaving += weight.abs().sum(0);
    }
    part(age_, layer).add_(1);
    part(utility_, layer).mul_(options_.kappa).add_(used * leaving, 1 - options_.kappa);
    const auto mature = part(age_, layer).gt(options_.maturity).sum().item<std::int64_t>();
    due_[l] += options_.rho * static_cast<double>(mature);
  }

  /// Replaces the units that are due; all of them take their rows from one fresh network. From the
  /// last layer back, so that a fresh unit feeds nothing, not even a fresh one behind it.
  void replace_due() {
    clh::Network fresh;
    for (auto l = due_.size(); l-- > 0;) {
      while (due_[l] >= 1) {
        due_[l] -= 1;
        if (!fresh) {
          fresh = net().fresh(++draws_);
        }
        replace(l, weakest(gated_.layers()[l]), fresh.values());
      }
    }
  }

  /// The mature unit of lowest utility. There is one for each that is due: a step makes no more
  /// than rho <= 1 for each mature unit, and less than one was left over.
  std::int64_t weakest(const clh::GatedLayer& layer) const {
    auto utility = part(utility_, layer).to(at::kDouble);
    const auto age = part(age_, layer);
    if (options_.bias_correct) {
      utility = utility / (1 - at::pow(options_.kappa, age.to(at::kDouble)));
    }
    return utility.masked_fill(age.le(options_.maturity), std::numeric_limits<double>::infinity())
        .argmin()
        .item<std::int64_t>();
  }

  void replace(std::size_t l, std::int64_t unit, const at::Tensor& fresh) {
    const auto& layer = gated_.layers()[l];
    const auto values = net().values();
    layer.weight.of(values)[unit].copy_(layer.weight.of(fresh)[unit]);
    for (const auto& rows : layer.others) {
      rows.of(values)[unit].copy_(rows.of(fresh)[unit]);
    }
    for (const auto& weight : outgoing(l)) {
      weight.select(1, unit).zero_();
    }
    part(utility_, layer)[unit] = 0;
    part(age_, layer)[unit] = 0;
  }

  static at::Tensor part(const at::Tensor& of_units, const clh::GatedLayer& layer) {
    return clh::GatedNetwork::part(of_units, layer);
  }

  Options options_;
  clh::GatedNetwork gated_;
  at::Tensor utility_, age_;  // [U]
  std::vector<double> due_;   // units of each layer to replace, in fractions
  std::int64_t draws_ = 0;    // fresh networks so far
};

}  // namespace

CLH_PLUGIN(clh::model<ContinualBackpropagation>("cbp", "Continual backpropagation"));
