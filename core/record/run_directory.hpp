#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace clh::core {

/// The directory that keeps one run, and the names of the files in it.
class RunDirectory final {
 public:
  /// Creates `<root>/<name>/<UTC time>-<seed>`, such as `runs/er/20261121T101500Z-0`; a second run
  /// in the same second gets the suffix `-2`, the next `-3`. Two processes never share one.
  /// Inputs:  name is a plain folder name; now is the time that the directory is named after.
  /// Errors:  Error `bad-option` for another name, Error `unwritable`.
  static RunDirectory create(const std::filesystem::path& root, const std::string& name,
                             std::uint64_t seed, std::chrono::system_clock::time_point now);

  /// Names the files of a run that exists already; touches nothing.
  explicit RunDirectory(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config_toml() const { return path_ / "config.toml"; }
  std::filesystem::path results_json() const { return path_ / "results.json"; }
  std::filesystem::path metrics_csv() const { return path_ / "metrics.csv"; }
  std::filesystem::path model_metrics_jsonl() const { return path_ / "model-metrics.jsonl"; }
  std::filesystem::path train_jsonl() const { return path_ / "train.jsonl"; }
  std::filesystem::path log_txt() const { return path_ / "log.txt"; }

 private:
  std::filesystem::path path_;
};

}  // namespace clh::core
