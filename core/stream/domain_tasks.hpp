// DomainTasks: tasks that all hold the whole dataset and differ in a transform alone.
#pragma once
#include <cstdint>
#include <string>

#include "core/abi/scenario.hpp"
#include "core/stream/hold_out.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// Height and width of the positions that a pixel map speaks about; other shapes than images are
/// one row.
struct PixelGrid {
  std::int64_t height = 1, width = 1;
  std::int64_t size() const { return height * width; }
};

/// The grid of {C, H, W} or {H, W}; {F} is one row of F.
/// Errors:  Error `unsupported` for other ranks, sizes below 1 and grids beyond 32-bit positions.
PixelGrid pixel_grid(const DatasetLabels& labels, const std::string& stream);

/// Plans `tasks` tasks without a transform. Outputs: domain-il and task-free share the dataset's
/// classes; class-il and task-il shift them by n_classes per task.
/// Inputs:  tasks >= 1.
StreamPlan domain_tasks(std::int64_t tasks, Scenario scenario, const HoldOutOptions& options,
                        const DatasetLabels& labels);

}  // namespace clh::core
