// Head rows: the head's weights as one matrix with a row for each output, whatever its blocks.
#pragma once
#include <clh/network.hpp>
#include <clh/parameters/parameter_mask.hpp>

#include <ATen/ops/empty.h>

#include <cstdint>

namespace cwr_star {

/// Returns: [C, F] a copy.
inline at::Tensor head_weights(const clh::Network& net) {
  const auto& info = net.info();
  const auto values = net.values();
  auto rows = at::empty({info.outputs, info.features.dim[0]});
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    const auto& slot = info.slots[i];
    if (clh::is_head(slot) && slot.shape.rank == 2) {
      const auto block = values.narrow(0, slot.offset, slot.count).view({slot.shape.dim[0], -1});
      rows.narrow(0, slot.first_output, block.size(0)).copy_(block);
    }
  }
  return rows;
}

/// Inputs: rows [C, F].
inline void set_head_weights(const clh::Network& net, const at::Tensor& rows) {
  const auto& info = net.info();
  const auto values = net.values();
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    const auto& slot = info.slots[i];
    if (clh::is_head(slot) && slot.shape.rank == 2) {
      values.narrow(0, slot.offset, slot.count)
          .copy_(rows.narrow(0, slot.first_output, slot.shape.dim[0]).reshape({-1}));
    }
  }
}

}  // namespace cwr_star
