// RunRecorder: watches a loop and keeps its run directory, curve, log and progress bar.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "core/experiment/experiment.hpp"
#include "core/record/run_directory.hpp"

namespace clh::core {

/// The record of a run that is about to begin: environment, plugins, dataset, configuration.
RunRecord begin_record(const ResolvedConfig& config, const Experiment& experiment);

class RunRecorder final : public LoopObserver {
 public:
  /// Inputs: start is when the run began; record begins with configuration and environment;
  /// directory absent = keep nothing. Errors: Error `unwritable`.
  RunRecorder(RunRecord record, std::optional<RunDirectory> directory, Progress& progress,
              std::chrono::steady_clock::time_point start);

  /// Writes the record after every task, however short, for a run that may crash.
  void write_every_task() { between_writes_ = {}; }
  /// Must be called before the loop runs.
  void watch(const TaskLoop& loop, const Experiment& experiment);

  void task_begins(const ProgressTask& task) override;
  void stepped(const CurvePoint& point) override;
  void training_ended() override;
  void task_ended(std::int64_t experience) override;

  /// Writes the record with its final status: completed, interrupted or failed.
  void finish(const std::string& status, const std::string& error);

  const RunRecord& record() const { return record_; }
  const std::optional<RunDirectory>& directory() const { return directory_; }

 private:
  void update();
  void write();

  RunRecord record_;
  std::optional<RunDirectory> directory_;
  Progress* progress_;
  std::unique_ptr<CurveWriter> curve_;
  const TaskLoop* loop_ = nullptr;
  const Experiment* experiment_ = nullptr;
  std::size_t points_written_ = 0;
  std::chrono::steady_clock::time_point start_, written_;
  /// A write waits for the disk, so short tasks share one; the end of a run is always written.
  std::chrono::seconds between_writes_{2};
};

}  // namespace clh::core
