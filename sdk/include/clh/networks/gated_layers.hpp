// GatedLayer: a layer whose units can be closed, and which of the flat parameters are its units'.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
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
  std::int64_t input = -1;  // the layer whose units its weight multiplies one by one; -1 = none
  GatedRows weight;
  std::vector<GatedRows> others;  // bias, normalization, shortcut
};

/// The slot of a name, which the host has promised. Errors: StatusError.
inline const clh_slot& slot_named(const clh_network_info& info, const std::string& name) {
  const auto* end = info.slots + info.n_slots;
  const auto* found =
      std::find_if(info.slots, end, [&](const clh_slot& slot) { return name == slot.name; });
  if (found == end) {
    throw StatusError(CLH_E_STATE, "gates: expected a parameter " + name + ", found none");
  }
  return *found;
}

/// The network's layers with gates in forward order. A parameter of the backbone that is no gated
/// weight belongs to the gated layer registered last before it, with one row for each of its units.
/// Errors: UsageError for a parameter that does not, or if there are no layers.
inline std::vector<GatedLayer> gated_layers(const Network& net) {
  const auto& info = net.info();
  std::vector<GatedLayer> layers;
  std::int64_t first = 0;
  for (const auto& declared : net.gate_layers()) {
    GatedLayer layer;
    layer.name = declared.weight.substr(0, declared.weight.rfind('.'));
    layer.first = first;
    layer.units = declared.units;
    layer.weight = gated_rows(slot_named(info, declared.weight), true);
    const auto feeder = declared.input;
    const bool known = feeder >= 0 && feeder < static_cast<std::int64_t>(layers.size());
    if (known && layers[static_cast<std::size_t>(feeder)].units == layer.weight.inputs) {
      layer.input = feeder;
    }
    first += layer.units;
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
