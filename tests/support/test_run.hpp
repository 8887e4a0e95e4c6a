// TestRun: a whole run in this process, composed from `key=value` words as on the command line.
#pragma once
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/state/state_record.hpp"

namespace clh::test {

/// The plugins of this build tree, found beside the executable, and those made for tests (spy,
/// tiny), and what CLH_PLUGIN_PATH names.
core::Catalogue built_catalogue();

class TestRun {
 public:
  /// Errors: those of resolve_config and Experiment.
  explicit TestRun(const std::vector<std::string>& overrides, bool full_check = false);
  TestRun(const TestRun&) = delete;
  TestRun& operator=(const TestRun&) = delete;

  core::Experiment& experiment() { return *experiment_; }
  core::TaskLoop& loop() { return *loop_; }
  const core::ResolvedConfig& config() const { return config_; }
  core::PluginLibrary& library() { return library_; }
  std::string log();

  /// Trains until `batches` steps are done, or to the end with a negative number.
  void train(std::int64_t batches = -1);
  /// All parameters, a copy.
  at::Tensor values() { return experiment_->network()->arena().values().clone(); }
  /// Everything the run depends on, in bytes that can be compared.
  std::unique_ptr<core::StateRecord> save();
  void load(const core::StateRecord& record);

 private:
  std::ostringstream log_;
  core::Catalogue catalogue_;
  core::PluginLibrary library_;
  core::ResolvedConfig config_;
  core::LoopObserver silent_;
  std::unique_ptr<core::Experiment> experiment_;
  std::unique_ptr<core::TaskLoop> loop_;
};

}  // namespace clh::test
