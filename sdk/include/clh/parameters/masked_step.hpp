// masked_step: an optimizer step that leaves some parameters as they are, bit for bit. A gradient
// of zero would not do: momentum, moments and weight decay move a parameter all the same.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>

namespace clh __attribute__((visibility("hidden"))) {

/// Inputs: held [P] bool, true at the parameters that must not move.
inline void masked_step(const Optimizer& optimizer, const Network& net, const at::Tensor& held) {
  const at::NoGradGuard no_grad;
  auto values = net.values();
  const auto before = values.clone();
  optimizer.step();
  values.copy_(at::where(held, before, values));
}

}  // namespace clh
