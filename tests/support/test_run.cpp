#include "tests/support/test_run.hpp"

#include <cstdlib>
#include <filesystem>

#include "core/machine/environment.hpp"
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

namespace clh::test {

core::Catalogue built_catalogue() {
  core::SearchOptions options;
  options.executable = std::filesystem::read_symlink("/proc/self/exe");
  options.dirs = {options.executable.parent_path().parent_path() / "tests/plugins"};
  if (const char* path = std::getenv("CLH_PLUGIN_PATH")) {
    options.env_path = path;
  }
  return core::Catalogue::scan(core::search_places(options), core::host_fingerprint());
}

TestRun::TestRun(const std::vector<std::string>& overrides, bool full_check)
    : catalogue_(built_catalogue()), library_(catalogue_, core::host_torch_layout()) {
  core::ConfigInputs inputs;
  inputs.overrides = overrides;
  config_ = core::resolve_config(core::config_schema(library_), inputs);
  core::set_threads(1);
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_));
  experiment_ = std::make_unique<core::Experiment>(config_, catalogue_, library_, std::move(logger),
                                                   nullptr, full_check);
  loop_ = std::make_unique<core::TaskLoop>(experiment_->loop(silent_));
}

std::string TestRun::log() {
  return log_.str();
}

void TestRun::train(std::int64_t batches) {
  while (!loop_->done() && (batches < 0 || loop_->steps() < batches)) {
    loop_->advance();
  }
}

std::unique_ptr<core::StateRecord> TestRun::save() {
  auto record = std::make_unique<core::StateRecord>();
  core::save_state(*loop_, *record);
  return record;
}

void TestRun::load(const core::StateRecord& record) {
  core::load_state(*loop_, record);
}

}  // namespace clh::test
