// GatedNetwork: a network whose hidden units can be closed one by one. For a model that declares
// needs:gates.
#pragma once
#include <clh/networks/gated_layers.hpp>
#include <clh/model.hpp>
#include <clh/parameters/parameter_mask.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Gates are numbers for all units [U], layer by layer.
class GatedNetwork {
 public:
  /// Inputs: of the model, whose own network this is.
  explicit GatedNetwork(const ModelContext& context)
      : table_(context.spec->net_vt),
        self_(context.spec->net),
        net_(context.host, context.spec->net_vt, context.spec->net) {}

  /// Asks the host for the layers; once, then nothing. Errors: as of gated_layers.
  void find_layers() {
    if (layers_.empty()) {
      layers_ = gated_layers(net_);
    }
  }

  /// In forward order. Empty before find_layers().
  const std::vector<GatedLayer>& layers() const { return layers_; }
  /// U, the units of all layers.
  std::int64_t units() const { return layers_.back().first + layers_.back().units; }
  /// The part of a vector [U] that is this layer's.
  static at::Tensor part(const at::Tensor& of_units, const GatedLayer& layer) {
    return of_units.narrow(0, layer.first, layer.units);
  }

  /// Outputs [B, C] with the units of all layers multiplied by gates [U], attached to both graphs.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& gates) const {
    std::vector<at::Tensor> parts;
    std::vector<const clh_tensor*> handles;
    for (const auto& layer : layers_) {
      parts.push_back(part(gates, layer));
      handles.push_back(lend(parts.back()));
    }
    clh_tensor* out = nullptr;
    call(table_->gated, self_, lend(x), handles.data(), static_cast<std::int64_t>(handles.size()),
         &out);
    return adopt(out);
  }

  /// Numbers of units [U] as numbers of parameters [P]: a weight between two units takes the
  /// smaller of the two, any other parameter its unit's, the head's 0.
  at::Tensor per_parameter(const at::Tensor& of_units) const {
    auto all = at::zeros({net_.info().n_values});
    for (const auto& layer : layers_) {
      const auto own = part(of_units, layer).view({-1, 1, 1});
      layer.weight.of(all).copy_(
          layer.input < 0
              ? own
              : at::minimum(own, part(of_units, layers_[static_cast<std::size_t>(layer.input)])
                                     .view({1, -1, 1})));
      for (const auto& rows : layer.others) {
        rows.of(all).copy_(own);
      }
    }
    return all;
  }

  /// Weights of the head as it is now, one for each block; as many inputs as there are features.
  std::vector<GatedRows> head_weights() const {
    const auto& info = net_.info();
    std::vector<GatedRows> found;
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      if (is_head(info.slots[i]) && !is_head_bias(info.slots[i])) {
        found.push_back(gated_rows(info.slots[i], true));
      }
    }
    return found;
  }

  /// The first layer that is not one of a plain chain of fully connected layers, or null: each fed
  /// by the one before it, with a bias at most, the head behind the last.
  const GatedLayer* not_fully_connected() const {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const auto& layer = layers_[i];
      const bool plain = layer.weight.count == layer.units * layer.weight.inputs &&
                         layer.others.size() <= 1 &&
                         (layer.others.empty() || layer.others[0].count == layer.units);
      if (!plain || layer.input != static_cast<std::int64_t>(i) - 1) {
        return &layer;
      }
    }
    const auto features = Shape(net_.info().features).numel();
    return features == layers_.back().units ? nullptr : &layers_.back();
  }

 private:
  const clh_network_vt* table_;
  void* self_;
  Network net_;  // the same one, borrowed
  std::vector<GatedLayer> layers_;
};

}  // namespace clh
