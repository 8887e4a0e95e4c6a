// ExtraParameters: leaves of a model's own in one flat vector, beside those of its network.
#pragma once
#include <clh/tensor.hpp>

#include <ATen/core/Generator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// A fully connected layer's leaves: rows W^T + b.
struct ExtraLayer {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]
  at::Tensor operator()(const at::Tensor& rows) const { return at::linear(rows, weight, bias); }
};

/// Glorot-uniform weights, biases 0: U(-a, a) with a = sqrt(6 / (in + out)).
/// Inputs: random decides the weights. Owner: float32 leaves, to be given to the optimizer.
/// Source: Glorot and Bengio, AISTATS 2010, eq. 16.
inline ExtraLayer extra_layer(std::int64_t in, std::int64_t out, const at::Generator& random) {
  const auto bound = std::sqrt(6.0 / static_cast<double>(in + out));
  const at::NoGradGuard no_grad;
  ExtraLayer layer{at::empty({out, in}).uniform_(-bound, bound, random), at::zeros({out})};
  layer.weight.set_requires_grad(true);
  layer.bias.set_requires_grad(true);
  return layer;
}

/// Layers whose values and gradients lie in two vectors [P], to be copied, updated and saved whole.
class ExtraParameters {
 public:
  /// Inputs and outputs of each layer.
  using Sizes = std::vector<std::pair<std::int64_t, std::int64_t>>;

  ExtraParameters() = default;
  ExtraParameters(const Sizes& sizes, const at::Generator& random) {
    std::int64_t count = 0;
    for (const auto& [in, out] : sizes) {
      count += (in + 1) * out;
    }
    values_ = at::zeros({count});
    lay_out(sizes);
    const at::NoGradGuard no_grad;
    for (auto& layer : layers_) {
      layer.weight.copy_(extra_layer(layer.weight.size(1), layer.weight.size(0), random).weight);
    }
  }
  ExtraParameters(const ExtraParameters&) = delete;
  ExtraParameters& operator=(const ExtraParameters&) = delete;
  ExtraParameters(ExtraParameters&&) = default;
  ExtraParameters& operator=(ExtraParameters&&) = default;

  bool empty() const { return !values_.defined(); }
  /// The same values in leaves of its own.
  ExtraParameters copy() const {
    ExtraParameters other;
    other.values_ = empty() ? values_ : values_.clone();
    other.lay_out(sizes());
    return other;
  }
  /// Number of layers.
  std::size_t size() const { return layers_.size(); }
  const ExtraLayer& operator[](std::size_t layer) const { return layers_[layer]; }
  /// [P], sharing memory with the layers.
  const at::Tensor& values() const { return values_; }
  const at::Tensor& grads() const { return grads_; }

  void state(Archive& archive) {
    std::vector<std::int64_t> flat;
    for (const auto& [in, out] : sizes()) {
      flat.insert(flat.end(), {in, out});
    }
    archive("sizes", flat)("values", values_);
    if (archive.loading()) {
      Sizes loaded;
      for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
        loaded.emplace_back(flat[i], flat[i + 1]);
      }
      check(loaded);
      lay_out(loaded);
    }
  }

 private:
  Sizes sizes() const {
    Sizes sizes;
    for (const auto& layer : layers_) {
      sizes.emplace_back(layer.weight.size(1), layer.weight.size(0));
    }
    return sizes;
  }
  /// Errors: StatusError for a loaded vector that does not hold layers of these sizes.
  void check(const Sizes& sizes) const {
    const auto held = empty() ? 0 : values_.numel();
    std::int64_t count = 0;
    for (const auto& [in, out] : sizes) {
      const bool fits = in > 0 && out > 0 && in <= held / out - 1;
      count += fits ? (in + 1) * out : held + 1;
    }
    const bool flat = empty() || (values_.dim() == 1 && values_.scalar_type() == at::kFloat);
    if (count != held || !flat) {
      throw StatusError(CLH_E_STATE, "parameters: expected " + std::to_string(held) +
                                         " float32 values, found layers of another size");
    }
  }
  void lay_out(const Sizes& sizes) {
    layers_.clear();
    grads_ = empty() ? at::Tensor() : at::zeros_like(values_);
    std::int64_t offset = 0;
    const auto leaf = [&](std::vector<std::int64_t> shape) {
      const auto count = shape.size() == 2 ? shape[0] * shape[1] : shape[0];
      auto made = values_.narrow(0, offset, count).view(shape).detach();
      made.set_requires_grad(true);
      made.mutable_grad() = grads_.narrow(0, offset, count).view(shape);
      offset += count;
      return made;
    };
    for (const auto& [in, out] : sizes) {
      auto weight = leaf({out, in});
      layers_.push_back({std::move(weight), leaf({out})});
    }
  }

  at::Tensor values_, grads_;  // [P]; undefined = none
  std::vector<ExtraLayer> layers_;
};

}  // namespace clh
