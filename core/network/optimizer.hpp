// Optimizer: one update rule over the network's arena and whatever a model adds to it.
#pragma once
#include <clh/model.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/network/arena.hpp"
#include "core/network/optimizer_adam.hpp"
#include "core/network/optimizer_sgd.hpp"

namespace clh::core {

/// The optimizer of a configuration, by name.
struct OptimizerChoice {
  std::string name;  // sgd, adam or adamw
  std::variant<SgdOptions, AdamOptions> options;
};

class Optimizer {
 public:
  /// Inputs: after_step runs after every step; may be empty.
  Optimizer(const OptimizerChoice& choice, std::function<void()> after_step);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Adds a network's arena; it must leave before it is destroyed.
  void join(Arena& arena);
  void leave(const Arena& arena);
  /// Adds a leaf of the model's own, kept in an arena of its own.
  void add(const std::string& name, const at::Tensor& leaf);

  void zero_grad();
  /// Parameters without gradient count as gradient zero; frozen ones stay as they are.
  void step();
  /// Forgets momentum and moments.
  void reset();
  double rate() const { return rate_; }
  /// Errors: Error `bad-option` unless positive and finite.
  void set_rate(double rate);
  bool resets_at_tasks() const { return reset_ == MomentReset::kTask; }

  void state(Archive& archive);

  static const clh_optimizer_vt* table();

 private:
  struct Group {
    Arena* arena;
    RuleMemory memory;
  };
  void prepare(Group& group) const;

  std::unique_ptr<UpdateRule> rule_;
  double rate_;
  MomentReset reset_;
  std::function<void()> after_step_;
  std::vector<Group> groups_;
  std::vector<std::unique_ptr<Arena>> own_;  // of added leaves
};

}  // namespace clh::core
