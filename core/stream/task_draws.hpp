// The draws from the host's stream `task`: one keyed stream per task and purpose, so that the first
// tasks of a stream stay the same when it gets longer.
#pragma once
#include <cstdint>

#include "core/random/rng_streams.hpp"

namespace clh::core {

/// Values are part of the definition of a stream: never renumber.
enum class TaskDraw : std::uint32_t { kClassOrder = 0, kPermutation = 1, kAngle = 2 };

inline KeyedStream task_draws(std::uint64_t run_seed, TaskDraw purpose, std::int64_t task) {
  return {derive_key(run_seed, "", "task"), static_cast<std::uint32_t>(task), 0,
          static_cast<std::uint32_t>(purpose)};
}

}  // namespace clh::core
