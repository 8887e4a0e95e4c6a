#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Which accuracies a metric is about.
enum class MetricScope {
  kFinalRow,    // the final row's alone
  kEveryRow,    // every row's, whatever was learned
  kLearned,     // each task's directly after it was learned
  kEarlierRow,  // a learned task's in an earlier row, against the final one
  kToCome,      // a task's before it was learned
};

/// A metric of the accuracy matrix: its long name ("average-accuracy"), the id of its definition
/// ("aa.task-mean"), what it is about and the function that computes it.
struct MetricDefinition {
  std::string_view name;
  std::string_view definition_id;
  MetricScope scope;
  std::optional<double> (*compute)(const AccuracyMatrix&);
};

/// Lists every metric of the accuracy matrix in the order in which reports show them.
const std::array<MetricDefinition, 10>& metric_definitions();

/// A computed number under the name `<scenario>/<long name>`, a fraction.
struct NamedMetric {
  std::string key;
  std::string definition_id;
  double value;
};

/// A metric without a value, and why.
struct UndefinedMetric {
  std::string key;   // "<scenario>/<long name>"
  std::string name;  // the long name
  std::string reason;
};

/// Computes the metrics of the final row, in the order of metric_definitions().
/// Inputs:  scenario is "class-il", "task-il" or "domain-il".
/// Returns: those that are defined. Forward transfer exists in task-il and domain-il only: in
///          class-il unseen classes are excluded, so both its terms are 0. Of a model that trains
///          in the last task alone only what the final row says is defined, of one that never
///          trains nothing about learning, forgetting and transfer.
std::vector<NamedMetric> final_metrics(const std::string& scenario, const AccuracyMatrix& matrix);

/// The others, in the same order.
std::vector<UndefinedMetric> undefined_metrics(const std::string& scenario,
                                               const AccuracyMatrix& matrix);

/// Computes the metrics as they stood after experience `row`; none if that row is incomplete.
/// Errors:  std::out_of_range if row >= matrix.rows().
std::vector<NamedMetric> metrics_after_row(const std::string& scenario,
                                           const AccuracyMatrix& matrix, std::size_t row);

/// The others after that row; all of them if it is incomplete. Errors: as metrics_after_row().
std::vector<UndefinedMetric> undefined_after_row(const std::string& scenario,
                                                 const AccuracyMatrix& matrix, std::size_t row);

/// Long names of metrics that are undefined for the same reason.
struct UndefinedGroup {
  std::string reason;
  std::vector<std::string> names;
};

/// Groups by reason, in the order in which the reasons first stand.
std::vector<UndefinedGroup> by_reason(const std::vector<UndefinedMetric>& undefined);

}  // namespace clh::core
