// UpdateRule: how an optimizer changes a vector of values by its gradient.
#pragma once
#include <clh/archive.hpp>
#include <clh/options.hpp>
#include <clh/tensor.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace clh::core {

/// What a rule remembers of one vector: its moments, each as long as the vector, and its step
/// count.
struct RuleMemory {
  std::vector<at::Tensor> moments;
  std::int64_t steps = 0;

  /// Lengthens the moments with zeros, for parameters that were appended.
  void grow(std::int64_t size);
  void state(Archive& archive);
};

class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  /// Number of moment vectors.
  virtual std::int64_t moments() const = 0;
  /// One step. Inputs: value, grad and each moment [n], views of the same range; steps counts
  /// from 1.
  virtual void update(const at::Tensor& value, const at::Tensor& grad,
                      const std::vector<at::Tensor>& moment, std::int64_t steps, double rate) = 0;
};

enum class MomentReset { kTask, kNever };

/// What every rule has.
struct OptimizerOptions {
  double lr = 0.1;
  double weight_decay = 0.0;
  MomentReset reset = MomentReset::kTask;
  void bind(OptionBinder& option);
};

}  // namespace clh::core
