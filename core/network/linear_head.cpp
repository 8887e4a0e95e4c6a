#include "core/network/linear_head.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace clh::core {

const HeadBlock& LinearHead::grow(std::int64_t count) {
  auto weight = at::empty({count, features_});
  auto bias = at::zeros({count});
  if (init_ == HeadInit::kXavier) {
    const double bound = std::sqrt(6.0 / static_cast<double>(features_ + count));
    weight.uniform_(-bound, bound);
  } else {
    const double bound = 1.0 / std::sqrt(static_cast<double>(features_));
    weight.uniform_(-bound, bound);
    bias.uniform_(-bound, bound);
  }
  weight.set_requires_grad(true);
  bias.set_requires_grad(true);
  blocks_.push_back({outputs_, weight, bias});
  outputs_ += count;
  return blocks_.back();
}

std::vector<at::Tensor> LinearHead::classify_blocks(const at::Tensor& features) const {
  std::vector<at::Tensor> parts;
  parts.reserve(blocks_.size());
  for (const auto& block : blocks_) {
    parts.push_back(at::linear(features, block.weight, block.bias));
  }
  return parts;
}

at::Tensor LinearHead::classify(const at::Tensor& features) const {
  if (blocks_.size() == 1) {
    return at::linear(features, blocks_[0].weight, blocks_[0].bias);
  }
  return at::cat(classify_blocks(features), 1);
}

}  // namespace clh::core
