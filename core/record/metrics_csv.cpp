#include "core/record/metrics_csv.hpp"

#include <charconv>
#include <stdexcept>

#include "core/files/atomic_file.hpp"
#include "core/metrics/metric_table.hpp"

namespace clh::core {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string field = "\"";
  for (const char c : text) {
    field.append(c == '"' ? 2 : 1, c);
  }
  return field + "\"";
}

void add_field(std::string& line, const std::optional<double>& value) {
  line += ',';
  if (value) {
    char text[32];
    line.append(text, std::to_chars(text, text + sizeof(text), *value).ptr);
  }
}

std::string heading(const std::vector<std::string>& task_names) {
  std::string line = "task,setting";
  for (const auto& metric : metric_definitions()) {
    line.append(",").append(metric.name);
  }
  for (const auto& name : task_names) {
    line += "," + quoted("accuracy/" + name);
  }
  return line + ",undefined\n";
}

// The line before training, or nothing if the untrained network was not evaluated.
std::string initial_line(const std::string& scenario, const AccuracyMatrix& matrix) {
  std::string line = "0," + quoted(scenario) + std::string(metric_definitions().size(), ',');
  bool any = false;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    any = any || matrix.initial(column);
    add_field(line, matrix.initial(column));
  }
  return any ? line + ",\n" : std::string();
}

// "a b: reason; c: another reason"
std::string undefined_text(const std::vector<UndefinedMetric>& undefined) {
  std::string text;
  for (const auto& group : by_reason(undefined)) {
    text += text.empty() ? "" : "; ";
    for (const auto& name : group.names) {
      text += (&name == &group.names.front() ? "" : " ") + name;
    }
    text += ": " + group.reason;
  }
  return text;
}

std::string line_after(const std::string& scenario, const AccuracyMatrix& matrix, std::size_t row) {
  const auto metrics = metrics_after_row(scenario, matrix, row);
  auto next = metrics.begin();
  std::string line = std::to_string(row + 1) + "," + quoted(scenario);
  for (const auto& metric : metric_definitions()) {
    // Both lists have the same order; an undefined metric is missing from `metrics`.
    const bool defined = next != metrics.end() && next->definition_id == metric.definition_id;
    add_field(line, defined ? std::optional<double>((next++)->value) : std::nullopt);
  }
  bool any = false;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    any = any || matrix.at(row, column);
    add_field(line, matrix.at(row, column));
  }
  line += "," + quoted(undefined_text(undefined_after_row(scenario, matrix, row)));
  return any ? line + "\n" : std::string();
}

}  // namespace

std::string metrics_csv(const RunRecord& record) {
  std::string text = heading(record.task_names);
  for (const auto& [scenario, matrix] : record.matrices) {
    if (matrix.columns() != record.task_names.size()) {
      throw std::invalid_argument("metrics csv: expected " + std::to_string(matrix.columns()) +
                                  " task names, found " + std::to_string(record.task_names.size()));
    }
    text += initial_line(scenario, matrix);
    for (std::size_t row = 0; row < matrix.rows(); ++row) {
      text += line_after(scenario, matrix, row);
    }
  }
  return text;
}

void write_metrics_csv(const std::filesystem::path& path, const RunRecord& record) {
  write_file_atomically(path, metrics_csv(record));
}

}  // namespace clh::core
