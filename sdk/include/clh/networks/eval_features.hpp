// eval_features: features as the network gives them at test time, in the middle of a training.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/grad_mode.h>

namespace clh __attribute__((visibility("hidden"))) {

/// inputs [n, ...] -> features [n, F] in eval mode and without a graph; batch-norm statistics stay
/// as they are. The network is in train mode afterwards.
inline at::Tensor eval_features(const Network& net, const at::Tensor& inputs) {
  const at::NoGradGuard no_grad;
  net.set_training(false);
  auto features = net.features(inputs);
  net.set_training(true);
  return features;
}

}  // namespace clh
