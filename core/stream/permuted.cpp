#include "core/stream/permuted.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/random/draws.hpp"
#include "core/stream/domain_tasks.hpp"
#include "core/stream/task_draws.hpp"

namespace clh::core {
namespace {

/// The source position of each padded position, -1 in the border.
std::vector<std::int32_t> padded_positions(PixelGrid grid, std::int64_t pad) {
  std::vector<std::int32_t> positions;
  for (std::int64_t y = -pad; y < grid.height + pad; ++y) {
    for (std::int64_t x = -pad; x < grid.width + pad; ++x) {
      const bool inside = y >= 0 && y < grid.height && x >= 0 && x < grid.width;
      positions.push_back(inside ? static_cast<std::int32_t>(y * grid.width + x) : -1);
    }
  }
  return positions;
}

void pad_shape(std::vector<std::int64_t>& shape, std::int64_t pad) {
  if (shape.size() < 2) {
    throw Error(
        "bad-option",
        "[stream] pad: expected 0 for samples that are no images, found " + std::to_string(pad),
        "set it to 0, the default", kExitUsage);
  }
  shape[shape.size() - 1] += 2 * pad;
  shape[shape.size() - 2] += 2 * pad;
}

}  // namespace

void PermutedOptions::bind_permutation(clh::OptionBinder& option) {
  option("identity-first", identity_first, "leave the pixels of task 0 in place");
  option("pad", pad, "zero pixels added on each side before permuting").range(0, 1024);
}

void PermutedOptions::bind(clh::OptionBinder& option) {
  option("tasks", tasks, "number of tasks, each the whole dataset").range(1, 100000);
  bind_permutation(option);
  hold_out.bind(option);
}

StreamPlan build_permuted(const PermutedOptions& options, Scenario scenario,
                          const DatasetLabels& labels, std::uint64_t run_seed) {
  const auto positions = padded_positions(pixel_grid(labels, "permuted"), options.pad);
  StreamPlan plan = domain_tasks(options.tasks, scenario, options.hold_out, labels);
  if (options.pad > 0) {
    pad_shape(plan.sample_shape, options.pad);
  }
  for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
    TaskPlan& task = plan.tasks[t];
    if (t == 0 && options.identity_first) {
      task.name = "natural";
      if (options.pad > 0) {
        task.pixel_map = positions;
        task.transform = "padding";
      }
      continue;
    }
    task.name = "permutation " + std::to_string(t);
    task.transform = "permutation";
    KeyedStream draws = task_draws(run_seed, TaskDraw::kPermutation, static_cast<std::int64_t>(t));
    for (const std::int64_t from :
         permutation(draws, static_cast<std::int64_t>(positions.size()))) {
      task.pixel_map.push_back(positions[static_cast<std::size_t>(from)]);
    }
  }
  return plan;
}

}  // namespace clh::core
