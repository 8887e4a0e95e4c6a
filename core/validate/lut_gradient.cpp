#include "core/validate/lut_gradient.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "core/validate/check.hpp"
#include "core/validate/lut_parts.hpp"

namespace clh::core {
namespace {

/// Wide enough for float32 sums, narrow enough for smooth functions of probabilities.
constexpr double kStep = 0.01;
/// Of the largest derivative of its kind: truncation is of order kStep squared.
constexpr double kTolerance = 0.02;

class Comparison final {
 public:
  Comparison(const std::function<at::Tensor(const at::Tensor&)>& forward, const at::Tensor& x)
      : forward_(forward), x_(x), weights_(made_up_values(forward(x).sizes().vec(), 6) - 0.5) {}

  double objective(const at::Tensor& x) const {
    const at::NoGradGuard no_grad;
    return (forward_(x).to(at::kDouble) * weights_).sum().item<double>();
  }
  at::Tensor weights() const { return weights_; }

  /// Compares d objective / d values with `gradient`, element by element.
  std::int64_t compare(const std::string& what, at::Tensor values, const at::Tensor& gradient) {
    const at::NoGradGuard no_grad;
    auto numeric = at::zeros(values.numel(), at::kDouble);
    auto flat = values.view({-1});
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      const auto kept = flat[i].item<float>();
      flat[i] = kept + static_cast<float>(kStep);
      const double above = objective(x_);
      flat[i] = kept - static_cast<float>(kStep);
      const double below = objective(x_);
      flat[i] = kept;
      numeric[i] = (above - below) / (2 * kStep);
    }
    const auto analytic = gradient.contiguous().view({-1}).to(at::kDouble);
    const auto scale = std::max(numeric.abs().max().item<double>(), 0.01);
    const auto off = (numeric - analytic).abs();
    const auto worst = off.argmax().item<std::int64_t>();
    expect(off.max().item<double>() <= kTolerance * scale,
           "d/d " + what + " element " + std::to_string(worst) + " = " +
               std::to_string(numeric[worst].item<double>()) + " (finite differences)",
           std::to_string(analytic[worst].item<double>()));
    return flat.numel();
  }

 private:
  const std::function<at::Tensor(const at::Tensor&)>& forward_;
  at::Tensor x_, weights_;
};

}  // namespace

std::string compare_gradients(const std::function<at::Tensor(const at::Tensor&)>& forward,
                              const at::Tensor& x, const std::vector<NamedTensor>& parameters) {
  Comparison comparison(forward, x);
  const auto leaf = x.detach().clone().requires_grad_();
  for (const auto& parameter : parameters) {
    at::Tensor(parameter.tensor).mutable_grad() = at::Tensor();
  }
  const auto y = forward(leaf);
  if (((y == 0) | (y == 1)).all().item<bool>()) {
    throw CheckSkipped{"its outputs are 0 or 1: the gradient is not that of the outputs"};
  }
  expect(y.requires_grad(), "outputs with a gradient", "none");
  (y.to(at::kDouble) * comparison.weights()).sum().backward();
  expect(leaf.grad().defined(), "a gradient for x", "none");
  auto count = comparison.compare("x", x, leaf.grad());
  for (const auto& parameter : parameters) {
    expect(parameter.tensor.grad().defined(), "a gradient for parameter " + parameter.name, "none");
    count += comparison.compare(parameter.name, parameter.tensor, parameter.tensor.grad());
  }
  return std::to_string(count) + " derivatives";
}

}  // namespace clh::core
