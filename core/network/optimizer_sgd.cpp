#include "core/network/optimizer_sgd.hpp"

#include <ATen/core/Tensor.h>

namespace clh::core {

void SgdOptions::bind(OptionBinder& option) {
  OptimizerOptions::bind(option);
  option("momentum", momentum, "share of the previous step that is kept").min(0).below(1);
  option("nesterov", nesterov, "look ahead along the momentum");
}

void SgdRule::update(const at::Tensor& value, const at::Tensor& grad,
                     const std::vector<at::Tensor>& moment, std::int64_t /*steps*/, double rate) {
  auto g = options_.weight_decay > 0 ? grad.add(value, options_.weight_decay) : grad;
  if (!moment.empty()) {
    at::Tensor m = moment[0];
    m.mul_(options_.momentum).add_(g);
    g = options_.nesterov ? g.add(m, options_.momentum) : m;
  }
  at::Tensor v = value;
  v.add_(g, -rate);
}

}  // namespace clh::core
