// EpochOrder: in which order one epoch visits the training samples of an experience.
#pragma once
#include <cstdint>
#include <vector>

#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// The sample at place i of the epoch is `index[i]` of the training split, seen as a sample of task
/// `task[i]`: its labels and transform are that task's.
struct EpochOrder {
  std::vector<std::int32_t> task;
  std::vector<std::int64_t> index;
};

/// Orders an experience's training samples: tasks one after the other, then one permutation from
/// stream `shuffle`, keyed by experience and epoch, unless `shuffle` is false.
/// Samples that a model appended follow the stream's with task -1 and their own number as index.
/// Inputs:  0 <= experience < plan.experiences.size(), epoch >= 0.
EpochOrder epoch_order(const StreamPlan& plan, std::int64_t experience, std::int64_t epoch,
                       std::uint64_t run_seed, bool shuffle = true, std::int64_t appended = 0);

/// Batches in an epoch; the last, smaller one is left out with `drop_last`.
/// Inputs:  samples >= 0, batch_size >= 1.
std::int64_t batch_count(std::int64_t samples, std::int64_t batch_size, bool drop_last);

}  // namespace clh::core
