// Inner products of the gradients of single samples.
#pragma once
#include <clh/network.hpp>

#include <functional>

namespace gss {

/// Outputs [n, C], labels [n] -> the loss of each sample [n].
using LossOfEach = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

class GradientProducts {
 public:
  /// Inputs: borrowed, they outlive this object.
  GradientProducts(const clh::Network& net, const clh::Optimizer& optimizer, LossOfEach loss);

  /// In a network whose parameters all belong to linear layers, from the layers' inputs and
  /// deltas; in any other by one backward pass a sample, with n gradients in memory.
  /// Inputs:  x [n, ...], y [n]; the network in eval mode.
  /// Returns: K [n, n] float64, K_ij = <g_i, g_j>. The gradients in the network are overwritten.
  at::Tensor of(const at::Tensor& x, const at::Tensor& y);

 private:
  at::Tensor in_closed_form(const at::Tensor& x, const at::Tensor& y);
  at::Tensor one_by_one(const at::Tensor& x, const at::Tensor& y) const;

  const clh::Network& net_;
  const clh::Optimizer& optimizer_;
  LossOfEach loss_;
  bool closed_form_ = true, checked_ = false;
};

}  // namespace gss
