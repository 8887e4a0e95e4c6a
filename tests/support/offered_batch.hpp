// offered_batch: a batch as a memory sees it.
#pragma once
#include <clh/model.hpp>

#include <ATen/ops/full_like.h>

namespace clh::test {

/// Samples raw [B, ...], labels [B], with ids [B] or, without, samples that have no number.
inline Batch offered_batch(const at::Tensor& raw, const at::Tensor& labels,
                           const at::Tensor& ids = {}) {
  return {raw, raw, labels, ids.defined() ? ids : at::full_like(labels, -1), 0, 0, 0, 0};
}

}  // namespace clh::test
