#include "core/stream/class_split.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/random/draws.hpp"
#include "core/stream/task_draws.hpp"

namespace clh::core {
namespace {

constexpr std::size_t kNamedClasses = 3;  // a task of more is named by its first

Error bad_sizes(const std::string& expected, const std::string& found, const std::string& fix) {
  return {"bad-option", "[stream] classes-per-task: expected " + expected + ", found " + found, fix,
          kExitUsage};
}

std::string divisors(std::int64_t n) {
  std::string text;
  for (std::int64_t d = 1; d <= n; ++d) {
    if (n % d == 0) {
      text += (text.empty() ? "" : ", ") + std::to_string(d);
    }
  }
  return text;
}

/// The sizes that were asked for, before left-over classes are dealt with.
std::vector<std::int64_t> asked_sizes(const std::vector<std::int64_t>& option,
                                      std::int64_t n_classes) {
  const std::string all = std::to_string(n_classes);
  if (option.empty()) {
    throw bad_sizes("one number, or one per task", "an empty list", "set it to 2, the default");
  }
  std::int64_t sum = 0;
  for (const std::int64_t size : option) {
    if (size < 1 || size > n_classes) {
      throw bad_sizes("numbers in 1 .. " + all, std::to_string(size), "set it to 2, the default");
    }
    sum += size;
  }
  if (sum > n_classes) {
    throw bad_sizes("at most the dataset's " + all + " classes in all", std::to_string(sum),
                    "take away tasks or make them smaller");
  }
  if (option.size() > 1) {
    return option;
  }
  return std::vector<std::int64_t>(static_cast<std::size_t>(n_classes / option[0]), option[0]);
}

std::vector<std::int64_t> task_sizes(const ClassSplitOptions& options, std::int64_t n_classes) {
  auto sizes = asked_sizes(options.classes_per_task, n_classes);
  auto left = n_classes - std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  if (left > 0 && options.remainder == Remainder::kError) {
    const std::string all = std::to_string(n_classes);
    if (options.classes_per_task.size() == 1) {
      throw bad_sizes("a divisor of the dataset's " + all + " classes",
                      std::to_string(options.classes_per_task[0]),
                      "choose one of " + divisors(n_classes) + ", or set remainder=last or spread");
    }
    throw bad_sizes(
        "the dataset's " + all + " classes in all", std::to_string(n_classes - left),
        "add tasks for the other " + std::to_string(left) + ", or set remainder=last or spread");
  }
  if (options.remainder == Remainder::kLast) {
    sizes.back() += left;
  } else {
    for (std::size_t task = 0; left > 0; --left, task = (task + 1) % sizes.size()) {
      ++sizes[task];
    }
  }
  return sizes;
}

void require_permutation(const std::vector<std::int64_t>& order, std::int64_t n_classes) {
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<std::int64_t>(i) ||
        sorted.size() != static_cast<std::size_t>(n_classes)) {
      sorted.clear();
    }
  }
  if (sorted.empty()) {
    std::string found;
    for (const std::int64_t c : order) {
      found += (found.empty() ? "" : " ") + std::to_string(c);
    }
    throw Error("bad-option",
                "[stream] class-order-list: expected each class 0 .. " +
                    std::to_string(n_classes - 1) + " once, found " +
                    (found.empty() ? "an empty list" : found),
                "list every class exactly once, or set class-order=natural", kExitUsage);
  }
}

std::vector<std::int64_t> class_order(const ClassSplitOptions& options, std::int64_t n_classes,
                                      std::uint64_t run_seed) {
  if (options.class_order == ClassOrder::kExplicit) {
    require_permutation(options.class_order_list, n_classes);
    return options.class_order_list;
  }
  if (!options.class_order_list.empty()) {
    throw Error("bad-option",
                "[stream] class-order-list: expected none without class-order=explicit, found a "
                "list",
                "set class-order=explicit, or leave the list out", kExitUsage);
  }
  if (options.class_order == ClassOrder::kSeeded) {
    KeyedStream draws = task_draws(run_seed, TaskDraw::kClassOrder, 0);
    return permutation(draws, n_classes);
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(n_classes));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

std::string task_name(const std::vector<std::int64_t>& classes, const DatasetLabels& labels) {
  if (classes.size() > kNamedClasses) {
    return class_name(labels, classes[0]) + " and " + std::to_string(classes.size() - 1) + " more";
  }
  std::string text;
  for (const std::int64_t c : classes) {
    text += (text.empty() ? "" : " + ") + class_name(labels, c);
  }
  return text;
}

TaskPlan plan_task(std::vector<std::int64_t> classes, std::int64_t first_output,
                   const SamplesByClass& samples, const DatasetLabels& labels) {
  TaskPlan task;
  task.label_map.assign(static_cast<std::size_t>(labels.n_classes), -1);
  for (const std::int64_t c : classes) {
    const auto output = first_output + static_cast<std::int64_t>(task.outputs.size());
    task.label_map[static_cast<std::size_t>(c)] = output;
    task.outputs.push_back(output);
  }
  task.name = task_name(classes, labels);
  task.train = merge(samples.train, classes);
  task.test = merge(samples.test, classes);
  task.valid = merge(samples.valid, classes);
  task.classes = std::move(classes);
  return task;
}

}  // namespace

void ClassSplitOptions::bind_split(clh::OptionBinder& option) {
  option("classes-per-task", classes_per_task, "classes in a task; a list has one number per task")
      .min(1);
  option("remainder", remainder, "left-over classes: refuse, join the last task, or one per task")
      .choices({"error", "last", "spread"});
  option("class-order", class_order, "order in which classes are dealt out to tasks")
      .choices({"natural", "seeded", "explicit"});
  option("class-order-list", class_order_list, "every class once; with class-order=explicit")
      .min(0);
}

void ClassSplitOptions::bind(clh::OptionBinder& option) {
  bind_split(option);
  hold_out.bind(option);
}

StreamPlan build_class_split(const ClassSplitOptions& options, Scenario scenario,
                             const DatasetLabels& labels, std::uint64_t run_seed) {
  const auto sizes = task_sizes(options, labels.n_classes);
  const auto order = class_order(options, labels.n_classes, run_seed);
  const auto samples = hold_out(options.hold_out, labels);
  StreamPlan plan;
  plan.scenario = name(scenario);
  plan.sample_shape = labels.sample_shape;
  auto next = order.begin();
  for (const std::int64_t size : sizes) {
    const std::int64_t first_output = scenario == Scenario::kDomainIl ? 0 : next - order.begin();
    plan.tasks.push_back(plan_task({next, next + size}, first_output, samples, labels));
    plan.n_outputs = std::max(plan.n_outputs, first_output + size);
    next += size;
  }
  set_experiences(plan, one_by_one(plan));
  return plan;
}

}  // namespace clh::core
