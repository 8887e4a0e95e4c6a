// A small layer of look-up tables with irregular values, for tests of the function and its C table.
#pragma once
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <vector>

#include "core/lut/lut_function.hpp"
#include "tests/core/lut/lut_reference.hpp"

namespace clh::core::test {

inline at::Tensor irregular(std::vector<std::int64_t> shape, double offset = 0) {
  std::int64_t count = 1;
  for (const auto size : shape) {
    count *= size;
  }
  const auto values = irregular(static_cast<std::size_t>(count), offset);
  return at::tensor(values).view(shape);
}

/// Three units over 9 inputs; pins of different units overlap.
inline LutInputs layer(std::int64_t pins, std::int64_t batch) {
  auto mapping = (at::arange(3 * pins, at::kInt) * 4).remainder(9).view({3, pins});
  return {irregular({batch, 9}),
          {},
          mapping.to(at::kInt),
          irregular({3, std::int64_t{1} << pins}, 0.3)};
}

inline at::Tensor bits(const at::Tensor& x) {
  return (x > 0.5).to(at::kByte);
}

inline LutRule smooth() {
  LutRule rule;
  rule.gradient = CLH_LUT_SMOOTH;
  rule.coefficients = {0.25};
  return rule;
}

}  // namespace clh::core::test
