// Label range: what labels must be for a loss that the host's criterion does not compute.
#pragma once
#include <clh/error.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace clh __attribute__((visibility("hidden"))) {

/// Errors: UsageError for labels [B], B >= 1, that are not int64 output indices below `outputs`.
inline void check_labels(const at::Tensor& labels, std::int64_t outputs) {
  const auto expected = "[model] labels: expected int64 from 0 to " + std::to_string(outputs - 1);
  if (labels.scalar_type() != at::kLong) {
    throw UsageError(expected + ", found " + c10::toString(labels.scalar_type()));
  }
  const auto low = labels.min().item<std::int64_t>(), high = labels.max().item<std::int64_t>();
  if (low < 0 || high >= outputs) {
    throw UsageError(expected + ", found " + std::to_string(low < 0 ? low : high));
  }
}

}  // namespace clh
