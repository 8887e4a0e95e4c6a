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

/// What a rule remembers of one vector: its moments, each as long as the vector, and the number of
/// steps of each part of it; a part that was appended later has made fewer.
struct RuleMemory {
  struct Segment {
    std::int64_t begin = 0, end = 0, steps = 0;
    void state(Archive& archive);
  };
  std::vector<at::Tensor> moments;
  std::vector<Segment> segments;

  /// Lengthens the moments with zeros and adds a segment, for parameters that were appended.
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
