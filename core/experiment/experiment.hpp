// Experiment: a resolved configuration with everything built and nothing trained yet.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/experiment/run_setup.hpp"
#include "core/network/criterion.hpp"
#include "core/network/network_table.hpp"
#include "core/run/task_loop.hpp"

namespace clh::core {

class Experiment {
 public:
  /// Reads the data, plans the stream, builds network, optimizer and model. All borrowed.
  /// Inputs: stop, when not null, ends the run as soon as it is non-zero; full_check verifies
  /// around
  ///         every call of a plugin what costs time to verify.
  /// Errors: everything that can be wrong with data, options and plugins, before training.
  Experiment(const ResolvedConfig& config, const Catalogue& catalogue, PluginLibrary& library,
             std::shared_ptr<spdlog::logger> log, const volatile std::sig_atomic_t* stop,
             bool full_check = false);

  const StreamPlan& plan() const { return plan_; }
  DatasetLabels labels() const;
  const RunOptions& options() const { return run_options_; }
  const TrainOptions& train_options() const { return train_options_; }
  RunContext& run() { return run_; }
  spdlog::logger& log() const { return *run_.log; }
  const std::map<std::string, double>& model_metrics() const { return run_.metrics; }
  const std::vector<MetricPoint>& metric_points() const { return run_.metric_points; }
  Network* network() { return network_.get(); }
  const std::map<std::string, AccuracyMatrix>& matrices() const { return evaluator_->matrices(); }
  /// By setting: what to know of its accuracies.
  std::map<std::string, std::string> notes() const { return evaluator_->notes(); }
  Optimizer* optimizer() { return optimizer_.get(); }
  const ModelProxy& model() const { return *model_; }
  /// A loop over this experiment. Owner: the caller; the observer is borrowed.
  TaskLoop loop(LoopObserver& observer);

  /// Destroys all instances, the model first. No loop may run afterwards; matrices and model
  /// metrics stay. Errors: with a full check, PluginError for a model that left a thread behind.
  void close();

  double data_seconds() const { return data_seconds_; }
  DatasetRecord dataset_record() const;
  /// The plugins in use, with the SHA-256 of their files.
  std::vector<PluginRecord> plugin_records() const;

 private:
  void load_data();
  void build_stream();
  void build_network();
  /// Tries a batch of one sample where the plan brings one: batch norm may have no use for it.
  /// Errors: Error `bad-option`.
  void require_trainable_batches();
  void build_model();

  const ResolvedConfig* config_;
  RunOptions run_options_;
  TrainOptions train_options_;
  EvalOptions eval_options_;
  StreamOptions stream_options_;
  RunContext run_;
  std::unique_ptr<DatasetProxy> dataset_;
  SplitData train_, test_;
  double data_seconds_ = 0.0;
  StreamPlan plan_;
  std::unique_ptr<SampleTransform> transform_;
  std::unique_ptr<ExperienceData> data_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Criterion> criterion_;
  NetworkHandle handle_{};
  clh_model_spec spec_{};
  std::vector<std::int64_t> threads_;  // before the model was created
  std::unique_ptr<ModelProxy> model_;
};

}  // namespace clh::core
