#include "core/record/metric_points.hpp"

#include <cmath>

#include "core/files/output_file.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {

void append_metric_points(const std::filesystem::path& path, const std::vector<MetricPoint>& points,
                          std::size_t first) {
  if (first >= points.size()) {
    return;
  }
  std::string lines;
  for (auto i = first; i < points.size(); ++i) {
    const auto& [key, step, value] = points[i];
    nlohmann::ordered_json line{{"key", key}, {"step", step}, {"value", nullptr}};
    if (std::isfinite(value)) {
      line["value"] = value;
    }
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  }
  OutputFile file(path, OutputFile::Mode::kAppend, path);
  file.write(lines);
  file.close();
}

}  // namespace clh::core
