#include "core/report/accuracy_table.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/metrics/average_accuracy.hpp"
#include "core/metrics/metric_table.hpp"
#include "core/text/terminal_text.hpp"
#include "core/text/word_list.hpp"

namespace clh::core {
namespace {

constexpr std::size_t kLongestName = 16;
constexpr std::size_t kMostHeadLines = 5;
constexpr std::string_view kBetweenClasses = " + ";
constexpr std::size_t kValueWidth = 6;     // "100.00"
constexpr std::size_t kRowHeadWidth = 15;  // "before training"
constexpr std::string_view kGap = "  ";

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

// Counts characters of UTF-8 text, each taken as one column wide.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string shortened(const std::string& name) {
  auto text = terminal_text(name);
  if (characters(text) <= kLongestName) {
    return text;
  }
  std::size_t kept = 0;
  const auto end = std::find_if(text.begin(), text.end(), [&kept](char byte) {
    return starts_character(byte) && ++kept == kLongestName;
  });
  return std::string(text.begin(), end) + "\u2026";
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, characters(text)), ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, characters(text)), ' ');
}

std::string percent(const std::optional<double>& fraction) {
  if (!fraction) {
    return "-";
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", *fraction * 100.0);
  return std::string_view(text) == "-0.00" ? "0.00" : text;
}

std::string painted(const std::string& text, const char* escape, bool colour) {
  return colour ? escape + text + "\x1b[0m" : text;
}

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kDim = "\x1b[2m";

// A column of the table of accuracies; the last one has no task and shows the average.
struct Column {
  std::vector<std::string> head;  // lines, the last one stands directly over the values
  std::size_t width = 0;
  std::optional<std::size_t> task;
};

// A line per class of "t-shirt + trouser"; names with too many classes stay on one line.
std::vector<std::string> classes_of(const std::string& name) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= name.size();) {
    const auto end = std::min(name.find(kBetweenClasses, begin), name.size());
    lines.push_back(shortened(name.substr(begin, end - begin)));
    begin = end + kBetweenClasses.size();
  }
  return lines.size() <= kMostHeadLines ? lines : std::vector<std::string>{shortened(name)};
}

std::vector<Column> make_columns(const AccuracyMatrix& matrix,
                                 const std::vector<std::string>& task_names, bool stacked) {
  std::vector<Column> columns;
  for (std::size_t task = 0; task < matrix.columns(); ++task) {
    const auto& name = task_names.at(task);
    auto head = stacked ? classes_of(name) : std::vector<std::string>{shortened(name)};
    auto width = kValueWidth;
    for (const auto& line : head) {
      width = std::max(width, characters(line));
    }
    columns.push_back({std::move(head), width, task});
  }
  columns.push_back({{"average"}, 7, std::nullopt});
  return columns;
}

bool evaluated(const AccuracyMatrix& matrix, std::size_t row) {
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    if (matrix.at(row, column)) {
      return true;
    }
  }
  return false;
}

bool initial_evaluated(const AccuracyMatrix& matrix) {
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    if (matrix.initial(column)) {
      return true;
    }
  }
  return false;
}

using ColumnIterator = std::vector<Column>::const_iterator;

// The line of the untrained network if row is absent.
std::string accuracy_line(const AccuracyMatrix& matrix, std::optional<std::size_t> row,
                          ColumnIterator begin, ColumnIterator end, bool colour) {
  auto line =
      left(row ? "after task " + std::to_string(*row + 1) : "before training", kRowHeadWidth);
  for (auto column = begin; column != end; ++column) {
    line += kGap;
    if (!column->task) {
      const auto average = row ? average_accuracy_after(matrix, *row) : std::nullopt;
      line += painted(right(percent(average), column->width), kBold, colour);
      continue;
    }
    const auto value = row ? matrix.at(*row, *column->task) : matrix.initial(*column->task);
    const bool unseen = !row || !matrix.seen(*row, *column->task);
    line += painted(right(percent(value), column->width), kDim, colour && unseen);
  }
  return line + "\n";
}

// The names of the columns, as many lines as the longest needs.
std::string head_lines(ColumnIterator begin, ColumnIterator end, bool colour) {
  std::size_t lines = 1;
  for (auto column = begin; column != end; ++column) {
    lines = std::max(lines, column->head.size());
  }
  std::string text;
  for (std::size_t left_over = lines; left_over > 0; --left_over) {
    std::string line(kRowHeadWidth, ' ');
    for (auto column = begin; column != end; ++column) {
      const auto& head = column->head;
      const bool empty = left_over > head.size();
      line.append(kGap).append(right(empty ? "" : head[head.size() - left_over], column->width));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += painted(line, kBold, colour) + "\n";
  }
  return text;
}

std::string block(const AccuracyMatrix& matrix, ColumnIterator begin, ColumnIterator end,
                  bool colour) {
  std::string text = head_lines(begin, end, colour);
  if (initial_evaluated(matrix)) {
    text += accuracy_line(matrix, std::nullopt, begin, end, colour);
  }
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    if (evaluated(matrix, row)) {
      text += accuracy_line(matrix, row, begin, end, colour);
    }
  }
  return text;
}

// The first column that does not fit beside `begin` any more; at least one column is taken.
ColumnIterator fitting(ColumnIterator begin, ColumnIterator end, std::size_t width) {
  std::size_t used = kRowHeadWidth;
  auto last = begin;
  while (last != end && (last == begin || used + kGap.size() + last->width <= width)) {
    used += kGap.size() + last->width;
    ++last;
  }
  return last;
}

// Words in lines of at most `width` characters where they allow it, all but the first indented.
std::string wrapped(const std::string& text, std::size_t width) {
  std::string lines, line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool fits = characters(line) + 1 + characters(word) <= width;
    if (!line.empty() && !fits) {
      lines += line + "\n";
      line = " ";
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + line + "\n";
}

// Of the metrics that no scenario has, a line for each reason. The settings' reasons differ in
// forward transfer alone, where class-il has one of its own that says nothing of the run: the last
// scenario's counts.
std::string undefined_lines(const std::map<std::string, AccuracyMatrix>& matrices,
                            const std::map<std::string, double>& values, std::size_t width) {
  const auto has = [&](const std::string& name) {
    return std::any_of(matrices.begin(), matrices.end(), [&](const auto& entry) {
      return values.count(entry.first + "/" + name) != 0;
    });
  };
  std::vector<UndefinedMetric> undefined;
  for (auto& metric : undefined_metrics(matrices.rbegin()->first, matrices.rbegin()->second)) {
    if (!has(metric.name)) {
      undefined.push_back(std::move(metric));
    }
  }
  std::string text;
  for (const auto& group : by_reason(undefined)) {
    text += wrapped("not defined: " + joined(group.names) + ": " + group.reason, width);
  }
  return text;
}

}  // namespace

std::string accuracy_table(const std::string& scenario, const AccuracyMatrix& matrix,
                           const std::vector<std::string>& task_names, const TableStyle& style) {
  const auto width = static_cast<std::size_t>(std::max(style.width, 1));
  auto columns = make_columns(matrix, task_names, false);
  if (fitting(columns.begin(), columns.end(), width) != columns.end()) {
    columns = make_columns(matrix, task_names, true);
  }
  std::string text = painted(scenario + " accuracy, percent", kBold, style.colour) + "\n";
  for (auto begin = columns.cbegin(); begin != columns.cend();) {
    const auto end = fitting(begin, columns.cend(), width);
    text += (begin == columns.cbegin() ? "" : "\n") + block(matrix, begin, end, style.colour);
    begin = end;
  }
  return text;
}

std::string metrics_table(const std::map<std::string, AccuracyMatrix>& matrices,
                          const TableStyle& style) {
  std::map<std::string, double> values;
  for (const auto& [scenario, matrix] : matrices) {
    for (const auto& metric : final_metrics(scenario, matrix)) {
      values[metric.key] = metric.value;
    }
  }
  if (values.empty()) {
    return {};
  }
  constexpr std::size_t kNameWidth = 28;  // "average-incremental-accuracy"
  std::string heads(kNameWidth, ' ');
  for (const auto& [scenario, matrix] : matrices) {
    heads.append(kGap).append(right(scenario, kValueWidth));
  }
  std::string text = painted(heads + "  definition", kBold, style.colour) + "\n";
  for (const auto& metric : metric_definitions()) {
    std::string line = left(std::string(metric.name), kNameWidth);
    bool any = false;
    for (const auto& [scenario, matrix] : matrices) {
      const auto value = values.find(scenario + "/" + std::string(metric.name));
      any = any || value != values.end();
      const auto width = std::max(kValueWidth, characters(scenario));
      line.append(kGap).append(right(
          percent(value == values.end() ? std::nullopt : std::optional<double>(value->second)),
          width));
    }
    if (any) {
      text += line + "  " + painted(std::string(metric.definition_id), kDim, style.colour) + "\n";
    }
  }
  return text +
         undefined_lines(matrices, values, static_cast<std::size_t>(std::max(style.width, 1)));
}

std::string notes_text(const std::map<std::string, std::string>& notes, const TableStyle& style) {
  std::string text;
  for (const auto& [scenario, note] : notes) {
    text += wrapped("note: " + scenario + ": " + note,
                    static_cast<std::size_t>(std::max(style.width, 1)));
  }
  return text;
}

}  // namespace clh::core
