// OptimizerAdam: Adam, and AdamW with decoupled weight decay.
#pragma once
#include "core/network/update_rule.hpp"

namespace clh::core {

struct AdamOptions : OptimizerOptions {
  AdamOptions() { lr = 1e-3; }
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  void bind(OptionBinder& option);
};

/// Kingma & Ba, arXiv:1412.6980, Algorithm 1; decoupled: Loshchilov & Hutter, arXiv:1711.05101,
/// Algorithm 2. Epsilon is added to sqrt(v / (1 - beta2^t)), as LibTorch does.
class AdamRule final : public UpdateRule {
 public:
  AdamRule(const AdamOptions& options, bool decoupled) : options_(options), decoupled_(decoupled) {}
  std::int64_t moments() const override { return 2; }
  void update(const at::Tensor& value, const at::Tensor& grad,
              const std::vector<at::Tensor>& moment, std::int64_t steps, double rate) override;

 private:
  AdamOptions options_;
  bool decoupled_;
};

}  // namespace clh::core
