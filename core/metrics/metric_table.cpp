#include "core/metrics/metric_table.hpp"

#include <utility>

#include "core/metrics/average_accuracy.hpp"
#include "core/metrics/average_incremental_accuracy.hpp"
#include "core/metrics/backward_transfer.hpp"
#include "core/metrics/forgetting.hpp"
#include "core/metrics/forward_transfer.hpp"
#include "core/metrics/learning_accuracy.hpp"
#include "core/metrics/lower_triangle_accuracy.hpp"
#include "core/metrics/sample_mean_accuracy.hpp"

namespace clh::core {

const std::array<MetricDefinition, 10>& metric_definitions() {
  static constexpr std::array<MetricDefinition, 10> kMetrics = {{
      {"average-accuracy", "aa.task-mean", average_accuracy},
      {"average-incremental-accuracy", "aia", average_incremental_accuracy},
      {"learning-accuracy", "la", learning_accuracy},
      {"backward-transfer", "bwt.gem", backward_transfer},
      {"forgetting", "fgt.max-prev", forgetting},
      {"forgetting-first", "fgt.first", forgetting_first},
      {"forgetting-max-all", "fgt.max-all", forgetting_max_all},
      {"forward-transfer", "fwt.random-init", forward_transfer},
      {"sample-mean-accuracy", "aa.sample-mean", sample_mean_accuracy},
      {"lower-triangle-accuracy", "acc.lower-tri", lower_triangle_accuracy},
  }};
  return kMetrics;
}

std::vector<NamedMetric> final_metrics(const std::string& scenario, const AccuracyMatrix& matrix) {
  const bool unseen_tasks_count = scenario == "task-il" || scenario == "domain-il";
  std::vector<NamedMetric> metrics;
  for (const auto& metric : metric_definitions()) {
    if (metric.compute == forward_transfer && !unseen_tasks_count) {
      continue;
    }
    if (const auto value = metric.compute(matrix)) {
      std::string key = scenario;
      key.append("/").append(metric.name);
      metrics.push_back({std::move(key), std::string(metric.definition_id), *value});
    }
  }
  return metrics;
}

std::vector<NamedMetric> metrics_after_row(const std::string& scenario,
                                           const AccuracyMatrix& matrix, std::size_t row) {
  const auto part = matrix.until(row);
  return part.complete(row) ? final_metrics(scenario, part) : std::vector<NamedMetric>{};
}

}  // namespace clh::core
