#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// How a table looks on the console.
struct TableStyle {
  bool colour = false;  // escape sequences; only for a terminal
  int width = 100;      // in characters; a wider table is cut into blocks of columns
};

/// Renders an accuracy matrix as text: one line per experience, one column per test task, percent
/// with two decimals, a dash where nothing was evaluated, and at the end the average over the tasks
/// seen (`aa.task-mean`). Tasks not yet learned are dim if there is colour.
/// Inputs:  scenario is the title; task_names [columns]; long ones are shortened, or stacked class
/// by class
///          ("a + b" on two lines) when the table would not fit otherwise.
/// Returns: lines that each end in a newline.
/// Errors:  std::out_of_range if there are too few names.
std::string accuracy_table(const std::string& scenario, const AccuracyMatrix& matrix,
                           const std::vector<std::string>& task_names, const TableStyle& style);

/// Renders the metrics of the final row as text: one line per metric with its long name, one column
/// per scenario side by side (percent with two decimals, a dash where undefined), and the id of the
/// definition. Metrics that no scenario has follow as "not defined: names: reason".
/// Returns: lines that each end in a newline; empty if no metric is defined.
std::string metrics_table(const std::map<std::string, AccuracyMatrix>& matrices,
                          const TableStyle& style);

/// Renders the notes of a record, each as "note: scenario: text".
/// Returns: lines that each end in a newline; empty if there are none.
std::string notes_text(const std::map<std::string, std::string>& notes, const TableStyle& style);

}  // namespace clh::core
