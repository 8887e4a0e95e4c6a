// Criterion: cross-entropy with the mask of the head.
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <vector>

namespace clh::core {

class Criterion {
 public:
  /// Inputs: block_of_output for a multi-head, so that each sample's softmax is restricted to the
  /// block of its label; empty = all outputs.
  explicit Criterion(const std::vector<std::int64_t>& block_of_output);

  /// outputs [B, C], labels [B] int64 -> [] mean, or [B] with `each`.
  /// Errors: Error `plugin-error` for other shapes.
  at::Tensor loss(const at::Tensor& outputs, const at::Tensor& labels, bool each) const;

  static const clh_criterion_vt* table();

 private:
  at::Tensor hidden_;  // [C, C] bool: hidden_[y][c] = output c plays no part for label y
};

}  // namespace clh::core
