#include "core/stream/describe_plan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace clh::core {
namespace {

constexpr std::size_t kShownClasses = 5;
constexpr std::size_t kShownSamples = 5;
constexpr std::size_t kShownDigits = 12;  // of a task's hash

using Row = std::array<std::string, 9>;
constexpr std::array<bool, 9> kRightAligned = {true, false, false, true, true,
                                               true, false, false, false};

/// Characters, not bytes: UTF-8 continuation bytes take no column.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string class_list(const TaskPlan& task, const DatasetLabels& labels) {
  std::string text;
  for (std::size_t i = 0; i < std::min(task.classes.size(), kShownClasses); ++i) {
    text += (i == 0 ? "" : ", ") + class_name(labels, task.classes[i]);
  }
  const bool more = task.classes.size() > kShownClasses;
  return more ? text + ", ... (" + std::to_string(task.classes.size()) + ")" : text;
}

std::string first_samples(const TaskPlan& task) {
  std::string text;
  for (std::size_t i = 0; i < std::min(task.train.size(), kShownSamples); ++i) {
    text += (i == 0 ? "" : " ") + std::to_string(task.train[i]);
  }
  return task.train.size() > kShownSamples ? text + " ..." : text;
}

Row row(std::size_t number, const TaskPlan& task, const DatasetLabels& labels) {
  return {std::to_string(number),
          class_list(task, labels),
          std::to_string(task.outputs.front()) + ".." + std::to_string(task.outputs.back()),
          std::to_string(task.train.size()),
          std::to_string(task.test.size()),
          std::to_string(task.valid.size()),
          task.transform,
          first_samples(task),
          hash(task).substr(0, kShownDigits)};
}

std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> width{};
  for (const Row& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      width[i] = std::max(width[i], columns(cells[i]));
    }
  }
  std::string text;
  for (const Row& cells : rows) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(width[i] - columns(cells[i]), ' ');
      line += (i == 0 ? "" : "  ") + (kRightAligned[i] ? space + cells[i] : cells[i] + space);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

}  // namespace

std::string describe_plan(const StreamPlan& plan, const DatasetLabels& labels) {
  std::string shape;
  for (const std::int64_t size : plan.sample_shape) {
    shape += (shape.empty() ? "" : "x") + std::to_string(size);
  }
  std::vector<Row> rows = {{"task", "classes", "outputs", "train", "test", "valid", "transform",
                            "first samples", "hash"}};
  for (std::size_t task = 0; task < plan.tasks.size(); ++task) {
    rows.push_back(row(task, plan.tasks[task], labels));
  }
  return plan.scenario + " stream: " + counted(plan.tasks.size(), "task") + ", " +
         counted(plan.experiences.size(), "experience") + ", " +
         counted(static_cast<std::size_t>(plan.n_outputs), "output") + ", samples " + shape + '\n' +
         aligned(rows) + "hash " + hash(plan) + '\n';
}

}  // namespace clh::core
