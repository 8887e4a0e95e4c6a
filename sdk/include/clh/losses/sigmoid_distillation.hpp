// Sigmoid distillation: the targets of iCaRL's loss, a binary cross-entropy for each output.
// Rebuffi et al., "iCaRL: Incremental Classifier and Representation Learning", arXiv:1611.07725,
// Algorithm 3.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Returns: [B, outputs], the one-hot labels, but for the outputs `old` the teacher's probabilities.
/// Inputs:  x [B, ...], labels [B]; a teacher that is not there teaches nothing.
inline at::Tensor sigmoid_targets(const at::Tensor& x, const at::Tensor& labels,
                                  std::int64_t outputs, const Network& teacher,
                                  const std::vector<std::int64_t>& old) {
  const at::NoGradGuard no_grad;
  auto target = at::zeros({labels.size(0), outputs}, x.options());
  target.scatter_(1, labels.unsqueeze(1), 1);
  if (teacher) {
    const auto index = at::tensor(old, at::kLong);
    target.index_copy_(1, index, teacher.forward(x).index_select(1, index).sigmoid_());
  }
  return target;
}

}  // namespace clh
