// LinearLayers: a network seen as fully connected layers, for algebra on the gradients of single
// samples. With a layer's inputs A [n, in] and D = d(sum of the samples' losses)/d(outputs)
// [n, out], per sample gradients g_n = d_n a_n^T need not be formed:
//   sum_n g_n^2 = (D*D)^T (A*A),  sum_n |g_n| = |D|^T |A|,  <g_n, g_m> = (D D^T * A A^T)_nm.
// The bias is a further input that is 1. Exact but for rounding, in a network without batch-norm.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// One layer output = input W^T + b on a batch of n samples. Slots are the network's.
struct LinearLayer {
  at::Tensor input;        // [n, in]
  at::Tensor output;       // [n, out], attached to the graph
  const clh_slot* weight;  // [out, in]
  const clh_slot* bias;    // [out]; null = none

  /// Views of a flat vector [P].
  at::Tensor slice_weight(const at::Tensor& flat) const {
    return flat.narrow(0, weight->offset, weight->count).view({weight->shape.dim[0], -1});
  }
  at::Tensor slice_bias(const at::Tensor& flat) const {
    return flat.narrow(0, bias->offset, bias->count);
  }

  /// Whether the output is what these values make of the input.
  bool agrees_with(const at::Tensor& values) const {
    auto expected = at::matmul(input, slice_weight(values).t());
    if (bias != nullptr) {
      expected = expected + slice_bias(values);
    }
    return at::allclose(output, expected, 1e-4, 1e-4);
  }
};

/// Outputs [n, C] of the layers that are the head's, in the order of the outputs.
inline at::Tensor outputs_of(const std::vector<LinearLayer>& layers) {
  std::vector<const LinearLayer*> head;
  for (const auto& layer : layers) {
    if (layer.weight->first_output >= 0) {
      head.push_back(&layer);
    }
  }
  std::sort(head.begin(), head.end(), [](const LinearLayer* a, const LinearLayer* b) {
    return a->weight->first_output < b->weight->first_output;
  });
  std::vector<at::Tensor> blocks;
  for (const auto* layer : head) {
    blocks.push_back(layer->output);
  }
  return at::cat(blocks, 1);
}

/// The network's activations by name. Returns: empty when its backbone tells none, or when a name
/// comes twice: a layer that is used twice.
inline std::map<std::string, at::Tensor> activations_by_name(const Network& net,
                                                             const at::Tensor& x) {
  std::map<std::string, at::Tensor> named;
  try {
    for (auto& item : net.activations(x)) {
      if (!named.emplace(item.name, item.tensor).second) {
        return {};
      }
    }
  } catch (const StatusError& error) {
    if (error.code != CLH_E_UNSUPPORTED) {
      throw;
    }
    named.clear();
  }
  return named;
}

/// Runs x [n, ...] and collects the layers.
/// Inputs:  check compares each layer with its parameters, and the outputs with forward(x).
/// Returns: empty when the network tells no layers, or some parameter belongs to none of them.
inline std::vector<LinearLayer> linear_layers(const Network& net, const at::Tensor& x, bool check) {
  const auto named = activations_by_name(net, x);
  const auto& info = net.info();
  std::map<std::string, const clh_slot*> slots;
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    slots.emplace(info.slots[i].name, &info.slots[i]);
  }
  std::vector<LinearLayer> layers;
  std::int64_t covered = 0;
  for (const auto& [name, slot] : slots) {
    const auto dot = name.rfind('.');
    const auto layer = name.substr(0, dot);
    const auto input = named.find(layer + ".input"), output = named.find(layer + ".output");
    if (name.substr(dot) != ".weight" || slot->shape.rank != 2 || input == named.end() ||
        output == named.end() || input->second.dim() != 2 || output->second.dim() != 2) {
      continue;
    }
    const auto bias = slots.find(layer + ".bias");
    layers.push_back({input->second.detach(), output->second, slot,
                      bias == slots.end() ? nullptr : bias->second});
    covered += slot->count + (bias == slots.end() ? 0 : bias->second->count);
  }
  if (covered != info.n_values) {
    return {};
  }
  if (check) {
    const at::NoGradGuard no_grad;
    const auto values = net.values();
    const auto agrees = [&](const LinearLayer& layer) { return layer.agrees_with(values); };
    const auto outputs = outputs_of(layers);
    if (!std::all_of(layers.begin(), layers.end(), agrees) || outputs.size(1) != info.outputs ||
        !at::allclose(outputs, net.forward(x), 1e-4, 1e-4)) {
      return {};
    }
  }
  return layers;
}

}  // namespace clh
