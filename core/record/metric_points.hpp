// MetricPoints: the curves that plugins report, a file of JSON lines.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clh::core {

/// A point of a curve that a plugin reports.
struct MetricPoint {
  std::string key;
  std::int64_t step;
  double value;
};

/// Appends points from `first` on, such as `{"key":"sparsity","step":7,"value":0.4}`; a value that
/// is not finite is null. Errors: Error `unwritable`.
void append_metric_points(const std::filesystem::path& path, const std::vector<MetricPoint>& points,
                          std::size_t first);

}  // namespace clh::core
