// normalize_rows: vectors brought to length 1.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/TensorOperators.h>

namespace clh __attribute__((visibility("hidden"))) {

/// rows [n, F] at length 1. One shorter than 1e-6 has no direction: it becomes 0 and passes no
/// gradient on, which would be the larger the shorter it is.
inline at::Tensor normalize_rows(const at::Tensor& rows) {
  const auto length = rows.norm(2, 1, true);
  const auto none = length.lt(1e-6);
  return (rows / length.masked_fill(none, 1)).masked_fill(none, 0);
}

}  // namespace clh
