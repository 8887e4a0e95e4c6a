// Adam: the update of a vector that a model trains by itself, outside the host's optimizer.
#pragma once
#include <clh/tensor.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <cstdint>

namespace generative_replay {

/// Decay rates 0.9 and 0.999, epsilon 1e-8.
/// Source: Kingma and Ba, "Adam", arXiv:1412.6980, Algorithm 1.
class Adam {
 public:
  /// One step. Inputs: values and gradients [P], of the same P as before; rate > 0.
  void step(at::Tensor values, const at::Tensor& grads, double rate) {
    const at::NoGradGuard no_grad;
    if (mean_.defined() && mean_.sizes() != values.sizes()) {
      throw clh::StatusError(CLH_E_STATE, "moments: expected as many as values, found others");
    }
    if (!mean_.defined()) {
      mean_ = at::zeros_like(values);
      square_ = at::zeros_like(values);
    }
    ++steps_;
    mean_.mul_(kMean).add_(grads, 1 - kMean);
    square_.mul_(kSquare).addcmul_(grads, grads, 1 - kSquare);
    const auto count = static_cast<double>(steps_);
    const auto width = std::sqrt(1 - std::pow(kSquare, count));
    values.addcdiv_(mean_, square_.sqrt().div_(width).add_(1e-8),
                    -rate / (1 - std::pow(kMean, count)));
  }
  /// Forgets the moments.
  void reset() {
    mean_ = square_ = at::Tensor();
    steps_ = 0;
  }

  void state(clh::Archive& archive) {
    archive("mean", mean_)("square", square_)("steps", steps_);
    if (archive.loading() && (mean_.defined() ? mean_.sizes() : at::IntArrayRef()) !=
                                 (square_.defined() ? square_.sizes() : at::IntArrayRef())) {
      throw clh::StatusError(CLH_E_STATE, "moments: expected two of one size, found others");
    }
  }

 private:
  static constexpr double kMean = 0.9, kSquare = 0.999;
  at::Tensor mean_, square_;  // [P]; undefined before the first step
  std::int64_t steps_ = 0;
};

}  // namespace generative_replay
