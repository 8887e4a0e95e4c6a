// CosineHead: a classifier whose outputs are cosines of the angles between the features and a
// weight vector for each class, times one learned scale. Each task's weights are leaves of their
// own; those of earlier tasks rest.
#pragma once
#include <clh/losses/normalize_rows.hpp>
#include <clh/network.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

class CosineHead {
 public:
  explicit CosineHead(const clh::Optimizer& optimizer) : scale_(at::ones({1})) {
    scale_.set_requires_grad(true);
    optimizer.add("cosine.scale", scale_);
  }

  const at::Tensor& scale() const { return scale_; }
  /// Classes so far.
  std::int64_t size() const {
    std::int64_t sum = 0;
    for (const auto& block : blocks_) {
      sum += block.size(0);
    }
    return sum;
  }
  /// Mean length of the weight vectors. Inputs: size() >= 1.
  double mean_length() const { return at::cat(blocks_).detach().norm(2, 1).mean().item<double>(); }

  /// Appends classes and lets the former ones rest. Inputs: weights [n, F]. Owner: copies.
  void grow(const clh::Optimizer& optimizer, const at::Tensor& weights) {
    rest();
    auto block = weights.detach().to(at::kFloat).clone().set_requires_grad(true);
    optimizer.add(("cosine.weights." + std::to_string(blocks_.size())).c_str(), block);
    blocks_.push_back(block);
  }

  /// units [B, F], rows of length 1 -> cosines [B, size()], in the order of growth.
  at::Tensor cosines(const at::Tensor& units) const {
    return units.matmul(clh::normalize_rows(at::cat(blocks_)).t());
  }

  /// Lets the weights of all tasks learn, or those of the last one alone.
  void wake() { learn_from(0); }
  void rest_but_last() { learn_from(static_cast<std::int64_t>(blocks_.size()) - 1); }
  /// A plain step on the weights alone.
  void descend(double rate) {
    const at::NoGradGuard no_grad;
    for (auto& block : blocks_) {
      block.sub_(block.grad(), rate);
    }
  }

  /// Classes of each task; the values are the optimizer's to save, which is loaded afterwards.
  void state(clh::Archive& archive, const clh::Optimizer& optimizer, std::int64_t features) {
    std::vector<std::int64_t> sizes;
    for (const auto& block : blocks_) {
      sizes.push_back(block.size(0));
    }
    archive("sizes", sizes);
    for (std::size_t i = blocks_.size(); archive.loading() && i < sizes.size(); ++i) {
      grow(optimizer, at::zeros({sizes[i], features}));
    }
  }

 private:
  void rest() { learn_from(static_cast<std::int64_t>(blocks_.size())); }
  void learn_from(std::int64_t first) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      blocks_[i].set_requires_grad(static_cast<std::int64_t>(i) >= first);
    }
  }

  at::Tensor scale_;                // [1]
  std::vector<at::Tensor> blocks_;  // of each task that brought classes: [n, F]
};

}  // namespace
