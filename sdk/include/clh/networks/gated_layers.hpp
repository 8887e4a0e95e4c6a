// GatedLayer: a layer whose units can be closed, and which of the flat parameters are its units'.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Parameters that lie together in the flat vector [P], one row for each unit of a layer.
struct GatedRows {
  std::int64_t offset = 0, count = 0, units = 0;
  std::int64_t inputs = 1;  // of a weight: its second dimension
  /// A view [units, inputs, taps] of a flat vector [P].
  at::Tensor of(const at::Tensor& flat) const {
    return flat.narrow(0, offset, count).view({units, inputs, count / (units * inputs)});
  }
};

inline GatedRows gated_rows(const clh_slot& slot, bool with_inputs) {
  return {slot.offset, slot.count, slot.shape.dim[0], with_inputs ? slot.shape.dim[1] : 1};
}

struct GatedLayer {
  std::string name;  // "backbone.fc1", whose weight is the slot "backbone.fc1.weight"
  std::int64_t first = 0, units = 0;  // its units among those of all layers
  std::int64_t input = -1;  // the layer whose units alone its weight multiplies; -1 = none, or more
  GatedRows weight;
  std::vector<GatedRows> others;  // bias, normalization, shortcut
};

/// The layers in forward order, from the names of a network's activations. The ABI tells a model no
/// more, so two things are conventions: a weight is fed by the layer before it if that has as many
/// units as the weight has inputs; and a parameter of the backbone that is no gated weight belongs
/// to the gated layer registered last before it, with one row for each of its units.
/// Errors: UsageError for a parameter that does not, or if there are no layers.
inline std::vector<GatedLayer> gated_layers(const clh_network_info& info,
                                            const std::vector<NamedTensor>& activations) {
  std::map<std::string, const clh_slot*> outputs;  // of the backbone's weights, by name
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    const std::string name = info.slots[i].name;
    const auto dot = std::min(name.rfind('.'), name.size());
    if (info.slots[i].first_output < 0 && name.substr(dot) == ".weight") {
      outputs.emplace(name.substr(0, dot) + ".output", &info.slots[i]);
    }
  }
  std::vector<GatedLayer> layers;
  for (const auto& item : activations) {
    const auto found = outputs.find(item.name);
    if (found == outputs.end()) {
      continue;
    }
    const auto& slot = *found->second;
    if (slot.shape.rank < 2 || slot.count == 0) {
      throw UsageError(std::string("[backbone] expected a weight [units, inputs, ...] for gates, "
                                   "found ") +
                       slot.name + " of rank " + std::to_string(slot.shape.rank));
    }
    GatedLayer layer;
    layer.name = item.name.substr(0, item.name.rfind('.'));
    layer.weight = gated_rows(slot, true);
    layer.units = layer.weight.units;
    if (!layers.empty()) {
      const auto& before = layers.back();
      layer.first = before.first + before.units;
      if (before.units == layer.weight.inputs) {
        layer.input = static_cast<std::int64_t>(layers.size()) - 1;
      }
    }
    layers.push_back(layer);
  }
  if (layers.empty()) {
    throw UsageError("[backbone] expected layers with gates, found none");
  }
  GatedLayer* owner = nullptr;
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    const auto& slot = info.slots[i];
    if (slot.first_output >= 0) {
      continue;
    }
    const auto gated = std::find_if(
        layers.begin(), layers.end(),
        [&](const GatedLayer& layer) { return layer.weight.offset == slot.offset; });
    if (gated != layers.end()) {
      owner = &*gated;
    } else if (owner != nullptr && slot.shape.rank > 0 && slot.shape.dim[0] == owner->units) {
      owner->others.push_back(gated_rows(slot, false));
    } else {
      throw UsageError("[backbone] expected parameters with one row for each unit of a layer with "
                       "gates, found " + std::string(slot.name));
    }
  }
  return layers;
}

}  // namespace clh
