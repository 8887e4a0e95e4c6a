// PathIntegral: how much each parameter's own movement lowered the loss.
#pragma once
#include <clh/network.hpp>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <cstdint>

namespace clh __attribute__((visibility("hidden"))) {

/// sum over steps of -g * (theta_after - theta_before) for each parameter; over small steps its sum
/// over all parameters is the decrease of the loss whose gradient g is. The movement is the actual
/// one, so any optimizer will do. Source: Zenke et al. 2017, arXiv:1703.04200, eq. 3.
class PathIntegral {
 public:
  /// Before a step: notes net.grads() as g, and the values.
  void before_step(const Network& net) {
    const auto gradient = net.grads(), values = net.values();
    gradient_.resize_as_(gradient).copy_(gradient);
    values_.resize_as_(values).copy_(values);
  }
  /// After it.
  void after_step(const Network& net) {
    grow(values_.size(0));
    const auto moved = net.values();
    const auto *g = gradient_.data_ptr<float>(), *before = values_.data_ptr<float>(),
               *after = moved.data_ptr<float>();
    auto* sum = sum_.data_ptr<float>();
    for (std::int64_t i = 0; i < values_.numel(); ++i) {  // one pass instead of two
      sum[i] += g[i] * (before[i] - after[i]);
    }
  }

  /// g as before_step() noted it, [P].
  const at::Tensor& gradient() const { return gradient_; }
  /// The integral since the last clear(), for `count` >= parameters. Owner: this object.
  const at::Tensor& sum(std::int64_t count) {
    grow(count);
    return sum_;
  }
  void clear() { sum_.zero_(); }

  /// Errors: StatusError with CLH_E_STATE unless the sums are a vector.
  void state(Archive& archive) {
    archive("sum", sum_);
    if (!sum_.defined() || sum_.dim() != 1 || !sum_.is_contiguous()) {
      throw StatusError(CLH_E_STATE, "path: expected a vector of sums, found another tensor");
    }
  }

 private:
  void grow(std::int64_t count) {
    if (sum_.size(0) < count) {
      sum_ = at::constant_pad_nd(sum_, {0, count - sum_.size(0)});
    }
  }

  at::Tensor sum_ = at::zeros({0});                                    // [P]
  at::Tensor gradient_ = at::empty({0}), values_ = at::empty({0});  // [P], scratch
};

}  // namespace clh
