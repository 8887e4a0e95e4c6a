// Optimizer: one update rule over the network's arena and whatever a model adds to it.
#pragma once
#include <clh/model.hpp>

#include <functional>
#include <map>
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
  explicit Optimizer(const OptimizerChoice& choice);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Adds a network's arena; it must leave before it is destroyed.
  /// Inputs: after_step runs after every step, may be empty; key names the arena's moments in
  ///         state(), empty = they are kept by moments() beside the network they belong to.
  void join(Arena& arena, std::function<void()> after_step = {}, std::string key = {});
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

  /// The rate, the moments of arenas with a key, and added leaves with theirs.
  void state(Archive& archive);
  /// Saves or restores the moments of one arena that joined.
  void moments(Archive& archive, const Arena& arena);

  static const clh_optimizer_vt* table();

 private:
  struct Group {
    Arena* arena;
    std::function<void()> after_step;
    std::string key;
    RuleMemory memory;
  };
  void prepare(Group& group) const;
  void update(const Group& group, std::int64_t offset, std::int64_t count, std::int64_t steps);

  std::unique_ptr<UpdateRule> rule_;
  double rate_;
  MomentReset reset_;
  std::vector<Group> groups_;
  std::map<std::string, std::unique_ptr<Arena>> own_;  // of added leaves, by name
};

}  // namespace clh::core
