#include "linear_layers.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <string>

namespace ewc {
namespace {

using ByName = std::map<std::string, at::Tensor>;

/// Empty when the network has no gates, or a name comes twice: a layer that is used twice.
ByName activations_of(const clh::Network& net, const at::Tensor& x) {
  ByName named;
  try {
    for (auto& item : net.activations(x)) {
      if (!named.emplace(item.name, item.tensor).second) {
        return {};
      }
    }
  } catch (const clh::StatusError& error) {
    if (error.code != CLH_E_UNSUPPORTED) {
      throw;
    }
    named.clear();
  }
  return named;
}

std::map<std::string, const clh_slot*> slots_of(const clh_network_info& info) {
  std::map<std::string, const clh_slot*> named;
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    named.emplace(info.slots[i].name, &info.slots[i]);
  }
  return named;
}

bool is_linear(const LinearLayer& layer, const at::Tensor& values) {
  auto expected = at::matmul(layer.input, layer.slice_weight(values).t());
  if (layer.bias != nullptr) {
    expected = expected + layer.slice_bias(values);
  }
  return at::allclose(layer.output, expected, 1e-4, 1e-4);
}

}  // namespace

at::Tensor LinearLayer::slice_weight(const at::Tensor& flat) const {
  return flat.narrow(0, weight->offset, weight->count).view({weight->shape.dim[0], -1});
}

at::Tensor LinearLayer::slice_bias(const at::Tensor& flat) const {
  return flat.narrow(0, bias->offset, bias->count);
}

std::vector<LinearLayer> linear_layers(const clh::Network& net, const at::Tensor& x, bool check) {
  const auto named = activations_of(net, x);
  const auto& info = net.info();
  const auto slots = slots_of(info);
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
    const auto linear = [&](const LinearLayer& layer) { return is_linear(layer, values); };
    const auto outputs = outputs_of(layers);
    if (!std::all_of(layers.begin(), layers.end(), linear) || outputs.size(1) != info.outputs ||
        !at::allclose(outputs, net.forward(x), 1e-4, 1e-4)) {
      return {};
    }
  }
  return layers;
}

at::Tensor outputs_of(const std::vector<LinearLayer>& layers) {
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

}  // namespace ewc
