#include "core/stream/domain_tasks.hpp"

#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace clh::core {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) {
    text += (text.empty() ? "" : "x") + std::to_string(size);
  }
  return text.empty() ? "a scalar" : text;
}

}  // namespace

PixelGrid pixel_grid(const DatasetLabels& labels, const std::string& stream) {
  const auto& shape = labels.sample_shape;
  PixelGrid grid;
  bool fits = !shape.empty() && shape.size() <= 3;
  for (const std::int64_t size : shape) {
    fits = fits && size >= 1 && size <= std::numeric_limits<std::int32_t>::max();
  }
  if (fits) {
    grid.width = shape.back();
    grid.height = shape.size() == 1 ? 1 : shape[shape.size() - 2];
    fits = grid.size() <= std::numeric_limits<std::int32_t>::max();
  }
  if (!fits) {
    throw Error("unsupported",
                "stream " + stream + ": expected samples of shape CxHxW, HxW or F, found " +
                    shape_text(shape),
                "use a dataset of images, or stream=class-split", kExitUsage);
  }
  return grid;
}

StreamPlan domain_tasks(std::int64_t tasks, Scenario scenario, const HoldOutOptions& options,
                        const DatasetLabels& labels) {
  const auto samples = hold_out(options, labels);
  const bool shared = scenario == Scenario::kDomainIl || scenario == Scenario::kTaskFree;
  TaskPlan base;
  base.classes.resize(static_cast<std::size_t>(labels.n_classes));
  std::iota(base.classes.begin(), base.classes.end(), std::int64_t{0});
  base.train = merge(samples.train, base.classes);
  base.test = merge(samples.test, base.classes);
  base.valid = merge(samples.valid, base.classes);

  StreamPlan plan;
  plan.scenario = name(scenario);
  plan.sample_shape = labels.sample_shape;
  plan.n_outputs = shared ? labels.n_classes : labels.n_classes * tasks;
  for (std::int64_t t = 0; t < tasks; ++t) {
    TaskPlan task = base;
    task.name = std::to_string(t);
    task.outputs = base.classes;
    for (std::int64_t& output : task.outputs) {
      output += shared ? 0 : t * labels.n_classes;
    }
    task.label_map = task.outputs;
    plan.tasks.push_back(std::move(task));
  }
  set_experiences(plan, one_by_one(plan));
  return plan;
}

}  // namespace clh::core
