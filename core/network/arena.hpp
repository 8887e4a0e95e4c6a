// Arena: all parameters of a network in one vector, and all gradients in another, so that an
// optimizer step, a penalty, a projection or a checkpoint is an operation on one vector.
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace clh::core {

/// Rationale: a parameter keeps its TensorImpl; only its storage moves into the arena (set_data),
/// and its gradient becomes a slice of the gradient vector, into which backward() accumulates.
class Arena {
 public:
  /// Inputs: capacity in floats for the whole stream; memory never moves afterwards.
  explicit Arena(std::int64_t capacity);

  /// Appends a float32 leaf: its values are copied in, its storage and gradient become slices.
  /// Inputs: first_output -1 for a backbone parameter, else the output of its row 0.
  /// Errors: Error `bad-table` unless it is a contiguous float32 leaf that fits.
  void attach(const std::string& name, const at::Tensor& leaf, std::int64_t first_output);

  /// [P], sharing memory with the parameters; the prefix of a longer one after growth.
  const at::Tensor& values() const { return values_; }
  const at::Tensor& grads() const { return grads_; }
  std::int64_t size() const { return size_; }
  const std::vector<clh_slot>& slots() const { return slots_; }
  const std::vector<at::Tensor>& leaves() const { return leaves_; }

  /// Puts back gradients that a plugin dropped (gradient zero) or replaced (their values are kept).
  /// Errors: Error `bad-table` when a leaf was resized or its storage replaced.
  void reattach();

  /// Runs of parameters that train, as {offset, count}; one run when nothing is frozen.
  struct Run {
    std::int64_t offset, count;
  };
  std::vector<Run> trainable() const;

  /// Saves or restores all values.
  void state(Archive& archive);

 private:
  at::Tensor value_memory_, grad_memory_;  // [capacity]
  at::Tensor values_, grads_;              // [P]
  std::int64_t size_ = 0;
  std::vector<at::Tensor> leaves_;
  std::vector<at::Tensor> leaf_grads_;
  std::vector<clh_slot> slots_;
  std::deque<std::string> names_;
};

}  // namespace clh::core
