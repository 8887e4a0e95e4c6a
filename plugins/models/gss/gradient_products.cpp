#include "gradient_products.hpp"

#include <clh/parameters/linear_layers.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>
#include <vector>

namespace gss {

GradientProducts::GradientProducts(const clh::Network& net, const clh::Optimizer& optimizer,
                                   LossOfEach loss)
    : net_(net), optimizer_(optimizer), loss_(std::move(loss)) {}

at::Tensor GradientProducts::of(const at::Tensor& x, const at::Tensor& y) {
  if (closed_form_) {
    const auto products = in_closed_form(x, y);
    closed_form_ = products.defined();
    if (closed_form_) {
      return products;
    }
  }
  return one_by_one(x, y);
}

/// Undefined when linear layers do not hold all parameters.
at::Tensor GradientProducts::in_closed_form(const at::Tensor& x, const at::Tensor& y) {
  const auto layers = clh::linear_layers(net_, x, !checked_);
  if (layers.empty()) {
    return {};
  }
  checked_ = true;
  std::vector<at::Tensor> z;
  for (const auto& layer : layers) {
    z.push_back(layer.output);
  }
  const auto sum = loss_(clh::outputs_of(layers), y).sum();
  const auto deltas = torch::autograd::grad({sum}, z, {}, /*retain_graph=*/false,
                                            /*create_graph=*/false, /*allow_unused=*/true);
  const at::NoGradGuard no_grad;
  auto products = at::zeros({y.size(0), y.size(0)}, at::kDouble);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (!deltas[l].defined()) {  // its layer does not lead to the outputs
      return {};
    }
    const auto a = layers[l].input.to(at::kDouble), d = deltas[l].to(at::kDouble);
    const auto bias = layers[l].bias == nullptr ? 0.0 : 1.0;
    products.addcmul_(at::mm(d, d.t()), at::mm(a, a.t()).add_(bias));
  }
  return products;
}

at::Tensor GradientProducts::one_by_one(const at::Tensor& x, const at::Tensor& y) const {
  std::vector<at::Tensor> gradients;
  for (std::int64_t i = 0; i < y.size(0); ++i) {
    optimizer_.zero_grad();
    loss_(net_.forward(x.narrow(0, i, 1)), y.narrow(0, i, 1)).sum().backward();
    gradients.push_back(net_.grads().clone());
  }
  const auto all = at::stack(gradients);
  return at::mm(all, all.t()).to(at::kDouble);
}

}  // namespace gss
