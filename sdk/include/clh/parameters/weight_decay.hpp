// Weight decay that is part of a method's loss, whatever the optimizer adds.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/Tensor.h>

namespace clh __attribute__((visibility("hidden"))) {

/// Adds the gradient of weight * |theta|^2 to net.grads(). Returns: weight * |theta|^2.
inline double add_weight_decay(const Network& net, double weight) {
  if (weight == 0) {
    return 0;
  }
  const auto values = net.values();
  net.grads().add_(values, 2 * weight);
  return weight * values.dot(values).item<double>();
}

}  // namespace clh
