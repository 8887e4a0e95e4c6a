// LutParts: encoders, nodes and layers created for a check, with inputs that fit.
#pragma once
#include <clh/component.hpp>

#include <cstdint>
#include <vector>

#include "core/state/state_record.hpp"
#include "core/validate/bench.hpp"

namespace clh::core {

inline constexpr std::int64_t kEncoderInputs = 12;
inline constexpr std::int64_t kLayerInputs = 24;
inline constexpr std::int64_t kUnits = 6;

/// Values in [0, 1] from a generator of their own, the same for the same number.
at::Tensor made_up_values(std::vector<std::int64_t> sizes, std::uint64_t number);

/// Errors: StatusError when the plugin refuses.
Instance make_encoder(Bench& bench, const clh_factory& factory);
Instance make_node(Bench& bench, const clh_factory& factory, std::int32_t fan_in);
Instance make_layer(Bench& bench, const clh_factory& factory);

/// Wires unit u to the inputs u, u + 1, ...; int32 [units, fan_in].
at::Tensor plain_mapping(std::int64_t units, std::int32_t fan_in, std::int64_t inputs);
/// x [B, in] -> [B, units].
at::Tensor node_forward(const Instance& node, const at::Tensor& x, const at::Tensor& mapping);

/// The plugin's own part of a record with a child "component", or null.
StateRecord* own_part(StateRecord& record);

}  // namespace clh::core
