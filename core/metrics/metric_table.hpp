#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// A metric of the accuracy matrix: its long name ("average-accuracy"), the id of its definition
/// ("aa.task-mean") and the function that computes it.
struct MetricDefinition {
  std::string_view name;
  std::string_view definition_id;
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

/// Computes the metrics of the final row, in the order of metric_definitions().
/// Inputs:  scenario is "class-il", "task-il" or "domain-il".
/// Returns: those that are defined. Forward transfer exists in task-il and domain-il only: in
///          class-il unseen classes are excluded, so both its terms are 0.
std::vector<NamedMetric> final_metrics(const std::string& scenario, const AccuracyMatrix& matrix);

/// Computes the metrics as they stood after experience `row`; none if that row is incomplete.
/// Errors:  std::out_of_range if row >= matrix.rows().
std::vector<NamedMetric> metrics_after_row(const std::string& scenario,
                                           const AccuracyMatrix& matrix, std::size_t row);

}  // namespace clh::core
