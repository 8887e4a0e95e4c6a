// SplitData: one split of a dataset in memory.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace clh::core {

/// Owner: shared tensors; whoever holds a copy keeps the samples.
struct SplitData {
  at::Tensor inputs;  // [N, ...] uint8 or float32, contiguous
  at::Tensor labels;  // [N] int64
  std::int64_t size() const { return labels.defined() ? labels.size(0) : 0; }
};

}  // namespace clh::core
