// PluginShape: the sizes that a plugin wrote, looked at before anything is computed from them.
#pragma once
#include <clh/abi.h>

#include <cstdint>
#include <optional>
#include <string>

namespace clh::core {

/// What a plugin wrote against the contract.
struct Mismatch {
  std::string expected, found;
  std::string text() const { return "expected " + expected + ", found " + found; }
};

/// Returns: what is wrong with a shape; nothing for one whose dimensions can be read, each at least
///          1 and together at most 2^31 values.
/// Inputs:  least_rank 0 where a single value will do, else 1.
std::optional<Mismatch> shape_defect(const clh_shape& shape, std::int64_t least_rank);

/// Returns: the number of values of a sound shape.
std::int64_t value_count(const clh_shape& shape);

}  // namespace clh::core
