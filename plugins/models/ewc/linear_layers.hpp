// A network seen as fully connected layers, for per-sample algebra.
#pragma once
#include <clh/network.hpp>

#include <vector>

namespace ewc {

/// One layer output = input W^T + b on a batch of n samples. Slots are the network's.
struct LinearLayer {
  at::Tensor input;        // [n, in]
  at::Tensor output;       // [n, out], attached to the graph
  const clh_slot* weight;  // [out, in]
  const clh_slot* bias;    // [out]; null = none

  /// Views of a flat vector [P].
  at::Tensor slice_weight(const at::Tensor& flat) const;
  at::Tensor slice_bias(const at::Tensor& flat) const;
};

/// Runs x [n, ...] and collects the layers.
/// Inputs:  check compares each layer with its parameters, and the outputs with forward(x).
/// Returns: empty when the network tells no layers, or some parameter belongs to none of them.
std::vector<LinearLayer> linear_layers(const clh::Network& net, const at::Tensor& x, bool check);

/// Outputs [n, C] of the layers that are the head's, in the order of the outputs.
at::Tensor outputs_of(const std::vector<LinearLayer>& layers);

}  // namespace ewc
