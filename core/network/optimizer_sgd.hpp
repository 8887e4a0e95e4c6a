// OptimizerSgd: stochastic gradient descent with momentum, Nesterov momentum and weight decay.
#pragma once
#include "core/network/update_rule.hpp"

namespace clh::core {

struct SgdOptions : OptimizerOptions {
  double momentum = 0.0;
  bool nesterov = false;
  void bind(OptionBinder& option);
};

/// g += weight_decay v; m = momentum m + g; v -= lr (nesterov ? g + momentum m : m). The form of
/// Sutskever et al. 2013 without dampening, as LibTorch has it: the first m is g.
class SgdRule final : public UpdateRule {
 public:
  explicit SgdRule(const SgdOptions& options) : options_(options) {}
  std::int64_t moments() const override { return options_.momentum > 0 ? 1 : 0; }
  void update(const at::Tensor& value, const at::Tensor& grad,
              const std::vector<at::Tensor>& moment, std::int64_t steps, double rate) override;

 private:
  SgdOptions options_;
};

}  // namespace clh::core
