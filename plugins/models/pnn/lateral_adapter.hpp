// LateralAdapter: what a column adds to its layers from the columns before it. Rusu et al.,
// "Progressive Neural Networks", arXiv:1606.04671, eq. 1 (linear) and 2 (mlp):
//   mlp:    U relu(V [alpha_k h_k] + c), V down to as many units as one column has
//   linear: U [h_k]
// with the inputs h_k of this layer in the columns k before, side by side.
#pragma once
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "linear_column.hpp"

namespace pnn {

enum class AdapterForm { kMlp, kLinear, kNone };

class LateralAdapter {
 public:
  /// Numbers that the adapters of a column with `before` columns before it need.
  static std::int64_t size(AdapterForm form, const LinearColumn& column, std::int64_t before) {
    std::int64_t count = 0;
    for (std::size_t layer = 1; layer < column.layers() && form != AdapterForm::kNone; ++layer) {
      const auto in = column.inputs(layer), out = column.outputs(layer);
      count += form == AdapterForm::kLinear ? out * before * in
                                            : out * in + in * before * in + in + before;
    }
    return before == 0 ? 0 : count;
  }

  /// Inputs: values [size()]; gradients likewise, or undefined for an adapter that does not
  /// train.
  LateralAdapter(AdapterForm form, const LinearColumn& column, std::int64_t before,
                 const at::Tensor& values, const at::Tensor& gradients) {
    std::int64_t offset = 0;
    const auto next = [&](const std::vector<std::int64_t>& shape) {
      const auto leaf = leaf_of(values, gradients, offset, shape);
      offset += leaf.numel();
      return leaf;
    };
    for (std::size_t layer = 1; layer < column.layers() && values.numel() > 0; ++layer) {
      const auto in = column.inputs(layer), out = column.outputs(layer);
      if (form == AdapterForm::kLinear) {
        adapters_.push_back({next({out, before * in}), {}, {}, {}});
      } else {
        auto up = next({out, in}), down = next({in, before * in});
        adapters_.push_back({up, down, next({in}), next({before})});
      }
    }
  }

  /// Glorot-uniform matrices, c = 0, small positive alpha.
  void draw(const at::Generator& generator) {
    const at::NoGradGuard no_grad;
    const auto glorot = [&](at::Tensor& m) {
      const auto bound = std::sqrt(6.0 / static_cast<double>(m.size(0) + m.size(1)));
      m.uniform_(-bound, bound, generator);
    };
    for (auto& adapter : adapters_) {
      glorot(adapter.up);
      if (adapter.down.defined()) {
        glorot(adapter.down);
        adapter.bias.zero_();
        adapter.scale.uniform_(0, 0.1, generator);
      }
    }
  }

  /// z [B, out] of a layer, and what the columns before add. Inputs: before[k]: the inputs of the
  /// layers of column k. The first layer gets nothing.
  at::Tensor add(std::size_t layer, const at::Tensor& z,
                 const std::vector<std::vector<at::Tensor>>& before) const {
    if (layer == 0 || adapters_.empty()) {
      return z;
    }
    const auto& adapter = adapters_[layer - 1];
    std::vector<at::Tensor> lateral;
    for (std::size_t k = 0; k < before.size(); ++k) {
      const auto& h = before[k][layer];
      lateral.push_back(adapter.scale.defined() ? h * adapter.scale[static_cast<std::int64_t>(k)]
                                                : h);
    }
    auto sideways = at::cat(lateral, 1);
    if (adapter.down.defined()) {
      sideways = at::linear(sideways, adapter.down, adapter.bias).relu();
    }
    return z + at::linear(sideways, adapter.up);
  }

 private:
  struct Adapter {
    at::Tensor up, down, bias, scale;  // U, V, c, alpha; the last three of form mlp alone
  };
  std::vector<Adapter> adapters_;  // of layers 1, 2, ...; none without columns before
};

}  // namespace pnn
