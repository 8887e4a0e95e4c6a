// Slot masks: which entries of the flat parameter vector belong to what. [P] bool each.
#pragma once
#include <clh/network.hpp>

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

inline bool is_head(const clh_slot& slot) { return slot.first_output >= 0; }
inline bool is_backbone(const clh_slot& slot) { return slot.first_output < 0; }
/// Matrices and filters of the backbone; its biases and norms are vectors.
inline bool is_backbone_weight(const clh_slot& slot) {
  return slot.first_output < 0 && slot.shape.rank >= 2;
}
inline bool is_backbone_vector(const clh_slot& slot) {
  return slot.first_output < 0 && slot.shape.rank < 2;
}
inline bool is_head_bias(const clh_slot& slot) {
  return slot.first_output >= 0 && slot.shape.rank == 1;
}

/// True at the parameters of the slots that `chosen` picks.
inline at::Tensor parameter_mask(const clh_network_info& info, bool (*chosen)(const clh_slot&)) {
  auto mask = at::zeros({info.n_values}, at::kBool);
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    if (chosen(info.slots[i])) {
      mask.narrow(0, info.slots[i].offset, info.slots[i].count).fill_(true);
    }
  }
  return mask;
}

/// True at the head's parameters of these outputs: rows of weights, and biases.
inline at::Tensor output_mask(const clh_network_info& info,
                              const std::vector<std::int64_t>& outputs) {
  auto mask = at::zeros({info.n_values}, at::kBool);
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    const auto& slot = info.slots[i];
    const auto rows = is_head(slot) ? slot.shape.dim[0] : 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      if (std::find(outputs.begin(), outputs.end(), slot.first_output + row) != outputs.end()) {
        mask.narrow(0, slot.offset + row * (slot.count / rows), slot.count / rows).fill_(true);
      }
    }
  }
  return mask;
}

}  // namespace clh
