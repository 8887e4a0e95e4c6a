// Stored-output distance: how far the outputs are from those that a memory keeps.
#pragma once
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace clh __attribute__((visibility("hidden"))) {

/// Mean squared distance [] over batch and stored outputs: outputs [m, C], stored [m, W], W <= C,
/// NaN where an output did not exist yet; those are not compared.
/// Source: Buzzega et al. 2020, arXiv:2004.07211, eq. 6.
inline at::Tensor stored_output_distance(const at::Tensor& outputs, const at::Tensor& stored) {
  const auto missing = stored.isnan();
  const auto gap = (outputs.narrow(1, 0, stored.size(1)) - stored).masked_fill(missing, 0);
  return gap.square().sum() / missing.logical_not().sum();
}

}  // namespace clh
