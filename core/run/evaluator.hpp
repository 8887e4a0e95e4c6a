// Evaluator: one row of the accuracy matrices.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/data/sample_transform.hpp"
#include "core/instances/dataset_proxy.hpp"
#include "core/instances/model_proxy.hpp"
#include "core/metrics/accuracy_matrix.hpp"
#include "core/network/network.hpp"
#include "core/run/run_options.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// How a batch of answers did.
struct AnswerCount {
  std::int64_t right = 0;
  std::int64_t not_finite = 0;  // never right
};

/// Counts the right predictions among `outputs` [n, C] for labels [n]: argmax over the columns in
/// `allowed`, the lowest index at ties. A row with a NaN or +inf among them, or without a score
/// above -inf (which masks a class), is no answer. Source: metrics definitions acc.class-il,
/// acc.task-il.
AnswerCount count_right(const at::Tensor& outputs, const std::vector<std::int64_t>& labels,
                        const std::vector<std::int64_t>& allowed);

class Evaluator {
 public:
  /// Inputs: borrowed for life; learner says which answers of the model mean something.
  Evaluator(const SplitData& test, const StreamPlan& plan, Scenario scenario,
            const SampleTransform& transform, const EvalOptions& options, Learner learner = {});

  /// Evaluates the untrained network on all tasks, without the model.
  void evaluate_initial(const Network& network);
  /// Evaluates after an experience: the seen tasks, and with `unseen_tasks` all for which there are
  /// outputs and, in the learner, knowledge; nothing before the only task that it trains in.
  /// `model` predicts if it can, and must without a network (null).
  /// Returns: how many answers about seen tasks were not finite.
  /// Errors:  PluginError for predictions of another shape, or with fewer columns than outputs.
  std::int64_t evaluate(std::int64_t row, const Network* network, const ModelProxy& model);

  /// By scenario: class-il and task-il, task-il alone, or domain-il.
  const std::map<std::string, AccuracyMatrix>& matrices() const { return matrices_; }
  /// By scenario: where an answer is right whatever the model does, because only one is allowed.
  std::map<std::string, std::string> notes() const;
  void state(Archive& archive);

 private:
  bool seen(std::int64_t row, std::size_t task) const;
  /// Outputs of the tasks seen, none before the first row.
  std::set<std::int64_t> learned(std::int64_t row) const;
  /// Outputs that class-il's argmax runs over, of `outputs` in all.
  std::vector<std::int64_t> allowed(std::int64_t row, std::int64_t outputs) const;
  /// Records the fraction right per scenario, for one task. Returns: how many answers were not
  /// finite.
  std::int64_t evaluate_task(std::int64_t row, std::size_t task, const Network* network,
                             const ModelProxy* model);
  void record(const std::string& scenario, std::int64_t row, std::size_t task, double accuracy);

  const SplitData* test_;
  const StreamPlan* plan_;
  Scenario scenario_;
  const SampleTransform* transform_;
  EvalOptions options_;
  Learner learner_;
  std::map<std::string, AccuracyMatrix> matrices_;
};

/// Whether every task has outputs of its own, so that class-il and task-il both make sense.
bool disjoint_outputs(const StreamPlan& plan);

}  // namespace clh::core
