// for_each_batch: a walk over the training samples of the present task, as they are.
#pragma once
#include <clh/model.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Calls visit(TaskSamples) for all of the task's samples, in order, `piece` at a time, which bounds memory.
/// Appended samples come last. Inputs are normalized, not augmented.
/// Errors: UsageError in online streams; Stopped when the run is being ended.
template <class Visit>
void for_each_batch(const HostServices& host, const Task& task, std::int64_t piece, Visit&& visit) {
  for (std::int64_t begin = 0; begin < task.size(); begin += piece) {
    host.check_stop();
    std::vector<std::int64_t> positions(
        static_cast<std::size_t>(std::min(piece, task.size() - begin)));
    std::iota(positions.begin(), positions.end(), begin);
    visit(task.read(positions));
  }
}

}  // namespace clh
