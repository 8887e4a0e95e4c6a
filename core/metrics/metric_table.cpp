#include "core/metrics/metric_table.hpp"

#include <algorithm>
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
namespace {

std::string key_of(const std::string& scenario, const MetricDefinition& metric) {
  std::string key = scenario;
  key.append("/").append(metric.name);
  return key;
}

/// Whether a task was learned after the first and not after the final row (`to_come`), or before
/// the final one.
bool any_learned(const AccuracyMatrix& matrix, std::size_t last, bool to_come) {
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    const auto learned = matrix.first_row(column);
    if (to_come ? learned > 0 && learned <= last : learned < last) {
      return true;
    }
  }
  return false;
}

bool any_initial(const AccuracyMatrix& matrix) {
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    if (matrix.initial(column)) {
      return true;
    }
  }
  return false;
}

/// Why cells are missing that a metric without a value would have needed.
std::string missing_cells(MetricScope scope, const AccuracyMatrix& matrix, std::size_t last) {
  if (scope != MetricScope::kLearned && !any_learned(matrix, last, scope == MetricScope::kToCome)) {
    return "fewer than two experiences were evaluated";
  }
  if (scope != MetricScope::kToCome) {
    return "rows before the final one were not evaluated";
  }
  if (!matrix.learner().zero_shot) {
    return "the model knows nothing of classes to come";
  }
  return any_initial(matrix) ? "tasks to come were not evaluated"
                             : "there is no row before training";
}

/// Returns: nothing for a metric that is defined.
std::optional<std::string> why_undefined(const std::string& scenario, const AccuracyMatrix& matrix,
                                         const MetricDefinition& metric) {
  const bool unseen_tasks_count = scenario == "task-il" || scenario == "domain-il";
  if (metric.scope == MetricScope::kToCome && !unseen_tasks_count) {
    return "forward transfer is for task-il and domain-il";
  }
  const auto last = matrix.final_row();
  if (!last) {
    return "no experience has been learned and evaluated";
  }
  const auto trains = matrix.learner().trains;
  if (trains == Trains::kLastTask && matrix.rows() > 1 && metric.scope != MetricScope::kFinalRow) {
    return "the model trains in the last task alone";
  }
  if (trains == Trains::kNever && metric.scope != MetricScope::kFinalRow &&
      metric.scope != MetricScope::kEveryRow) {
    return "the model never trains";
  }
  if (metric.compute(matrix)) {
    return std::nullopt;
  }
  return missing_cells(metric.scope, matrix, *last);
}

}  // namespace

const std::array<MetricDefinition, 10>& metric_definitions() {
  using Scope = MetricScope;
  static constexpr std::array<MetricDefinition, 10> kMetrics = {{
      {"average-accuracy", "aa.task-mean", Scope::kFinalRow, average_accuracy},
      {"average-incremental-accuracy", "aia", Scope::kEveryRow, average_incremental_accuracy},
      {"learning-accuracy", "la", Scope::kLearned, learning_accuracy},
      {"backward-transfer", "bwt.gem", Scope::kEarlierRow, backward_transfer},
      {"forgetting", "fgt.max-prev", Scope::kEarlierRow, forgetting},
      {"forgetting-first", "fgt.first", Scope::kEarlierRow, forgetting_first},
      {"forgetting-max-all", "fgt.max-all", Scope::kEarlierRow, forgetting_max_all},
      {"forward-transfer", "fwt.random-init", Scope::kToCome, forward_transfer},
      {"sample-mean-accuracy", "aa.sample-mean", Scope::kFinalRow, sample_mean_accuracy},
      {"lower-triangle-accuracy", "acc.lower-tri", Scope::kEveryRow, lower_triangle_accuracy},
  }};
  return kMetrics;
}

std::vector<NamedMetric> final_metrics(const std::string& scenario, const AccuracyMatrix& matrix) {
  std::vector<NamedMetric> metrics;
  for (const auto& metric : metric_definitions()) {
    if (!why_undefined(scenario, matrix, metric)) {
      metrics.push_back({key_of(scenario, metric), std::string(metric.definition_id),
                         metric.compute(matrix).value()});
    }
  }
  return metrics;
}

std::vector<UndefinedMetric> undefined_metrics(const std::string& scenario,
                                               const AccuracyMatrix& matrix) {
  std::vector<UndefinedMetric> undefined;
  for (const auto& metric : metric_definitions()) {
    if (auto reason = why_undefined(scenario, matrix, metric)) {
      undefined.push_back({key_of(scenario, metric), std::string(metric.name), std::move(*reason)});
    }
  }
  return undefined;
}

std::vector<NamedMetric> metrics_after_row(const std::string& scenario,
                                           const AccuracyMatrix& matrix, std::size_t row) {
  const auto part = matrix.until(row);
  return part.complete(row) ? final_metrics(scenario, part) : std::vector<NamedMetric>{};
}

std::vector<UndefinedMetric> undefined_after_row(const std::string& scenario,
                                                 const AccuracyMatrix& matrix, std::size_t row) {
  const auto part = matrix.until(row);
  if (part.complete(row)) {
    return undefined_metrics(scenario, part);
  }
  std::vector<UndefinedMetric> all;
  for (const auto& metric : metric_definitions()) {
    all.push_back({key_of(scenario, metric), std::string(metric.name),
                   "not every task so far was evaluated"});
  }
  return all;
}

std::vector<UndefinedGroup> by_reason(const std::vector<UndefinedMetric>& undefined) {
  std::vector<UndefinedGroup> groups;
  for (const auto& metric : undefined) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const UndefinedGroup& known) {
      return known.reason == metric.reason;
    });
    if (group == groups.end()) {
      groups.push_back({metric.reason, {metric.name}});
    } else {
      group->names.push_back(metric.name);
    }
  }
  return groups;
}

}  // namespace clh::core
