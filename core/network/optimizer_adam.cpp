#include "core/network/optimizer_adam.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>

namespace clh::core {

void AdamOptions::bind(OptionBinder& option) {
  OptimizerOptions::bind(option);
  option("beta1", beta1, "decay of the first moment").min(0).below(1);
  option("beta2", beta2, "decay of the second moment").min(0).below(1);
  option("epsilon", epsilon, "added to the root of the second moment").above(0);
}

void AdamRule::update(const at::Tensor& value, const at::Tensor& grad,
                      const std::vector<at::Tensor>& moment, std::int64_t steps, double rate) {
  at::Tensor v = value, m1 = moment[0], m2 = moment[1];
  auto g = grad;
  if (options_.weight_decay > 0) {
    if (decoupled_) {
      v.mul_(1.0 - rate * options_.weight_decay);
    } else {
      g = grad.add(value, options_.weight_decay);
    }
  }
  m1.mul_(options_.beta1).add_(g, 1.0 - options_.beta1);
  m2.mul_(options_.beta2).addcmul_(g, g, 1.0 - options_.beta2);
  const auto t = static_cast<double>(steps);
  const double correction1 = 1.0 - std::pow(options_.beta1, t);
  const double correction2 = 1.0 - std::pow(options_.beta2, t);
  const auto scale = (m2.sqrt() / std::sqrt(correction2)).add_(options_.epsilon);
  v.addcdiv_(m1, scale, -rate / correction1);
}

}  // namespace clh::core
