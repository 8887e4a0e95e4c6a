// LinearColumn: a network of fully connected layers with ReLU between them, layer by layer, so that
// something can be added to what each layer gives.
#pragma once
#include <clh/network.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pnn {

/// A part of a flat vector as a leaf of its own, whose gradient collects in the same part of
/// `gradients`. Inputs: undefined gradients = none are wanted.
inline at::Tensor leaf_of(const at::Tensor& values, const at::Tensor& gradients,
                          std::int64_t offset, const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const auto extent : shape) {
    count *= extent;
  }
  auto leaf = values.narrow(0, offset, count).view(shape).detach();
  if (gradients.defined()) {
    leaf.set_requires_grad(true);
    leaf.mutable_grad() = gradients.narrow(0, offset, count).view(shape);
  }
  return leaf;
}

class LinearColumn {
 public:
  struct Layer {
    at::Tensor weight, bias;  // [out, in], [out] or undefined
  };

  /// Inputs: trainable: backward() through the outputs fills net.grads().
  /// Errors: UsageError unless the backbone is a chain of fully connected layers.
  LinearColumn(const clh::Network& net, bool trainable) {
    const auto& info = net.info();
    const auto values = net.values();
    const auto gradients = trainable ? net.grads() : at::Tensor();
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      const auto& slot = info.slots[i];
      const std::vector<std::int64_t> shape(slot.shape.dim, slot.shape.dim + slot.shape.rank);
      const auto leaf = leaf_of(values, gradients, slot.offset, shape);
      auto& layers = slot.first_output >= 0 ? head_ : hidden_;
      if (shape.size() == 2 && (slot.first_output >= 0 || follows(shape[1]))) {
        layers.push_back({leaf, {}});
      } else if (shape.size() == 1 && !layers.empty() && !layers.back().bias.defined() &&
                 layers.back().weight.size(0) == shape[0]) {
        layers.back().bias = leaf;
      } else {
        refuse(slot.name);
      }
    }
    if (hidden_.empty() || head_.empty() ||
        head_[0].weight.size(1) != hidden_.back().weight.size(0)) {
      refuse("another form");
    }
  }

  /// Number of layers, of which the head is the last.
  std::size_t layers() const { return hidden_.size() + 1; }
  std::int64_t inputs(std::size_t layer) const {
    return layer < hidden_.size() ? hidden_[layer].weight.size(1) : head_[0].weight.size(1);
  }
  std::int64_t outputs(std::size_t layer) const {
    if (layer < hidden_.size()) {
      return hidden_[layer].weight.size(0);
    }
    std::int64_t count = 0;
    for (const auto& block : head_) {
      count += block.weight.size(0);
    }
    return count;
  }

  /// Returns: each layer's input, and behind them the outputs: inputs[0] = x [B, ...] as [B, in].
  /// Inputs:  add(layer, z) gives what takes the place of the layer's sum z [B, out].
  template <class Add>
  std::vector<at::Tensor> run(const at::Tensor& x, Add&& add) const {
    std::vector<at::Tensor> seen{x.flatten(1)};
    for (std::size_t layer = 0; layer < hidden_.size(); ++layer) {
      seen.push_back(add(layer, linear(hidden_[layer], seen.back())).relu());
    }
    std::vector<at::Tensor> blocks;
    for (const auto& block : head_) {
      blocks.push_back(linear(block, seen.back()));
    }
    seen.push_back(add(hidden_.size(), blocks.size() == 1 ? blocks[0] : at::cat(blocks, 1)));
    return seen;
  }

  [[noreturn]] static void refuse(const std::string& found) {
    throw clh::UsageError(
        "[model] pnn: expected a backbone of fully connected layers with ReLU between them "
        "(mlp), "
        "found " +
        found);
  }

 private:
  bool follows(std::int64_t inputs) const {
    return hidden_.empty() || hidden_.back().weight.size(0) == inputs;
  }
  static at::Tensor linear(const Layer& layer, const at::Tensor& input) {
    return at::linear(input, layer.weight, layer.bias);
  }

  std::vector<Layer> hidden_, head_;  // the head in blocks
};

}  // namespace pnn
