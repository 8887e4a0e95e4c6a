// Philox 4x32-10: a counter-based generator, so any block can be computed without its predecessors.
#pragma once
#include <array>
#include <cstdint>

namespace clh::core {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// Encrypts one counter with ten rounds.
/// Source:  Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011,
///          doi:10.1145/2063384.2063405.
PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key);

}  // namespace clh::core
