#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/metrics/accuracy_matrix.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {

/// Where the time of a run went, in seconds of monotonic wall time.
struct Timing {
  double data_seconds = 0.0;        // reading the dataset
  double training_seconds = 0.0;    // between the first and the last step of each task, summed
  double evaluation_seconds = 0.0;  // predictions on test sets
  double wall_seconds = 0.0;        // the whole run
  std::int64_t steps = 0;           // training steps
};

/// A plugin that the run used.
struct PluginRecord {
  std::string kind;  // "model", "backbone", ...
  std::string name;  // the component: "er"
  std::string id;    // "org.clh.er"
  std::string version;
  std::string sha256;  // of the file, lower-case hexadecimal
  std::string path;
  std::string fingerprint;  // what the plugin was built against
};

/// The data that the run used.
struct DatasetRecord {
  std::string name;
  std::string sha256;  // lower-case hexadecimal
};

/// What a result depends on besides the configuration.
struct Environment {
  std::string cl_host_version;
  std::string torch_version;
  std::string blas;  // path of the library that answers matrix products
  std::string cpu_model;
  std::string cpu_capability;  // the instruction set that torch chose: "AVX512"
  int threads = 1;
  std::string compiler;
  std::string os;
  std::vector<PluginRecord> plugins;
  DatasetRecord dataset;
};

/// Everything that a run reports. It is plain data: the run fills it, the writers of this folder
/// read it.
struct RunRecord {
  int schema_version = 1;
  std::string status = "running";  // "running", "completed", "interrupted" or "failed"; a
                                   // supervisor writes "crashed"
  std::string error;               // what went wrong unless it was "completed" or "interrupted"
  std::map<std::string, AccuracyMatrix>
      matrices;                                 // by scenario: "class-il", "task-il", "domain-il"
  std::vector<std::string> task_names;          // one per column of the matrices
  std::map<std::string, std::string> notes;     // by scenario: what to know of its accuracies
  std::map<std::string, double> model_metrics;  // reported by the model plugin under its names
  Timing timing;
  Environment environment;
  std::string config_toml;  // the resolved configuration as the user could write it
  nlohmann::json config;    // the same, nested
};

}  // namespace clh::core
