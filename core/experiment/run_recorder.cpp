#include "core/experiment/run_recorder.hpp"

#include <cstdio>

#include "core/files/atomic_file.hpp"
#include "core/machine/environment.hpp"
#include "core/metrics/average_accuracy.hpp"
#include "core/record/metrics_csv.hpp"
#include "core/record/results_json.hpp"
#include <spdlog/logger.h>

namespace clh::core {

RunRecord begin_record(const ResolvedConfig& config, const Experiment& experiment) {
  RunRecord record;
  record.environment = read_environment(static_cast<int>(experiment.options().threads));
  record.environment.plugins = experiment.plugin_records();
  record.environment.dataset = experiment.dataset_record();
  record.config_toml = config.toml();
  record.config = config.json();
  return record;
}

RunRecorder::RunRecorder(RunRecord record, std::optional<RunDirectory> directory,
                         Progress& progress, std::chrono::steady_clock::time_point start)
    : record_(std::move(record)),
      directory_(std::move(directory)),
      progress_(&progress),
      start_(start) {
  if (directory_) {
    write_file_atomically(directory_->config_toml(), record_.config_toml);
    curve_ = std::make_unique<CurveWriter>(directory_->train_jsonl());
  }
}

void RunRecorder::watch(const TaskLoop& loop, const Experiment& experiment) {
  loop_ = &loop;
  experiment_ = &experiment;
  record_.timing.data_seconds = experiment.data_seconds();
  for (const auto& task : experiment.plan().tasks) {
    record_.task_names.push_back(task.name);
  }
  record_.notes = experiment.notes();
  update();
  write();
}

void RunRecorder::task_begins(const ProgressTask& task) {
  progress_->begin_task(task);
}

void RunRecorder::stepped(const CurvePoint& point) {
  progress_->advance(point.loss);
  if (curve_) {
    curve_->append(point);
  }
}

void RunRecorder::training_ended() {
  progress_->end_training();
  if (curve_) {
    curve_->flush();
  }
}

void RunRecorder::task_ended(std::int64_t experience) {
  std::string note;
  for (const auto& [scenario, matrix] : experiment_->matrices()) {
    const auto average = average_accuracy_after(matrix, static_cast<std::size_t>(experience));
    if (average) {
      char text[64];
      std::snprintf(text, sizeof text, "%s%s %.2f %%", note.empty() ? "" : "  ", scenario.c_str(),
                    100.0 * *average);
      note += text;
    }
  }
  const bool learned = !note.empty();
  note += learned ? "" : "not evaluated";
  progress_->finish_task(note);
  experiment_->log().info("task {}/{} {}: {}", experience + 1,
                          experiment_->plan().experiences.size(), learned ? "learned" : "ended",
                          note);
  if (std::chrono::steady_clock::now() - written_ >= between_writes_) {
    update();
    write();
  }
}

void RunRecorder::update() {
  record_.matrices = experiment_->matrices();
  const auto& timing = loop_->timing();
  record_.timing.training_seconds = timing.training_seconds;
  record_.timing.evaluation_seconds = timing.evaluation_seconds;
  record_.timing.steps = timing.steps;
  record_.timing.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  record_.model_metrics = experiment_->model_metrics();
}

void RunRecorder::write() {
  written_ = std::chrono::steady_clock::now();
  if (directory_) {
    write_results(directory_->results_json(), record_);
    write_metrics_csv(directory_->metrics_csv(), record_);
    if (experiment_ != nullptr) {
      const auto& points = experiment_->metric_points();
      append_metric_points(directory_->model_metrics_jsonl(), points, points_written_);
      points_written_ = points.size();
    }
  }
}

void RunRecorder::finish(const std::string& status, const std::string& error) {
  record_.status = status;
  record_.error = error;
  if (loop_ != nullptr) {
    update();
  }
  if (curve_) {
    curve_->flush();
  }
  write();
}

}  // namespace clh::core
