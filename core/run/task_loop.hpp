// TaskLoop: the training of one run as a cursor that can stop before any batch and go on later.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "core/data/experience_data.hpp"
#include "core/instances/model_proxy.hpp"
#include "core/instances/run_context.hpp"
#include "core/metrics/accuracy_matrix.hpp"
#include "core/network/network_table.hpp"
#include "core/record/curve_jsonl.hpp"
#include "core/record/run_record.hpp"
#include "core/report/progress.hpp"
#include "core/run/evaluator.hpp"
#include "core/run/run_options.hpp"

namespace clh::core {

/// What the loop works on; all borrowed. Network and optimizer are null for a model that declares
/// `no-network`.
struct LoopParts {
  RunContext* run;
  const StreamPlan* plan;
  Scenario scenario;
  const TrainOptions* train;
  ExperienceData* data;
  Network* network;
  Optimizer* optimizer;
  const ModelProxy* model;
  Evaluator* evaluator;
};

/// Whoever watches a run: progress, curve, record.
class LoopObserver {
 public:
  virtual ~LoopObserver() = default;
  virtual void task_begins(const ProgressTask&) {}
  virtual void stepped(const CurvePoint&) {}
  virtual void training_ended() {}
  /// After the evaluation that follows a task.
  virtual void task_ended(std::int64_t /*experience*/) {}
};

class TaskLoop {
 public:
  TaskLoop(const LoopParts& parts, LoopObserver& observer);

  /// Runs to the end. Errors: Stopped when asked to stop; Error `not-finite`; what plugins throw.
  void run();
  /// One move of the cursor: an evaluation, a hook, or a batch. Returns: false at the end.
  bool advance();
  bool done() const { return phase_ == Phase::kDone; }

  std::int64_t experience() const { return experience_; }
  std::int64_t steps() const { return step_; }
  const Timing& timing() const { return timing_; }
  /// The first loss, parameter or answer that was not finite; empty while all are.
  const std::string& diverged() const { return diverged_; }

  /// Everything that the rest of the run depends on: cursor, streams, network, optimizer, data,
  /// matrices and the model. One function for both directions; call it between two advances.
  void state(Archive& archive);

 private:
  enum class Phase : std::int64_t {
    kInitial,
    kBeginTask,
    kBeginEpoch,
    kBatch,
    kEndEpoch,
    kEndTask,
    kEvaluate,
    kDone
  };

  void initial();
  void begin_task();
  void begin_epoch();
  void batch();
  void end_task();
  void evaluate();
  /// The run has numbers that are not finite. Errors: Error `not-finite` unless train.on-nan says
  /// to go on; diverged() tells then.
  void diverge(const std::string& where, const std::string& what);
  void check_loss(double loss);
  /// Errors: PluginError when the model broke a parameter in `call` (rule R13).
  void check_parameters(const char* call) const;
  clh_task describe_task();
  std::int64_t per_epoch() const;
  std::int64_t task_steps() const;
  bool boundaries() const { return parts_.scenario != Scenario::kTaskFree; }
  template <class Body>
  void timed(double& seconds, Body&& body);

  LoopParts parts_;
  LoopObserver* observer_;
  Phase phase_ = Phase::kInitial;
  std::int64_t experience_ = 0, epoch_ = 0, batch_ = 0;
  std::int64_t step_ = 0;           // over the whole run
  std::int64_t steps_of_task_ = 0;  // for train.iterations
  std::string diverged_;
  Timing timing_;
  std::vector<std::int64_t> classes_;  // of the task being described
};

}  // namespace clh::core
