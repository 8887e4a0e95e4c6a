// Replay limits: what the sizes of a memory and of its draws must have to do with each other.
#pragma once
#include <clh/error.hpp>

#include <cstdint>
#include <string>

namespace clh __attribute__((visibility("hidden"))) {

/// Errors: UsageError for a draw that the memory could never fill.
inline void require_draw_fits(std::int64_t minibatch, std::int64_t buffer_size) {
  if (minibatch > buffer_size) {
    throw UsageError("[model] minibatch: expected at most buffer-size, " +
                     std::to_string(buffer_size) + ", found " + std::to_string(minibatch));
  }
}

/// The same part of a memory for each of `tasks`, floor(B / T).
/// Errors: UsageError for a memory with less than one sample a task.
inline std::int64_t part_of_each(std::int64_t buffer_size, std::int64_t tasks) {
  if (buffer_size < tasks) {
    throw UsageError("[model] buffer-size: expected at least one exemplar for each of " +
                     std::to_string(tasks) + " tasks, found " + std::to_string(buffer_size));
  }
  return buffer_size / tasks;
}

/// Errors: UsageError for a memory that is shared equally by classes and has less than one sample
/// for each.
inline void require_one_of_each(std::int64_t buffer_size, std::int64_t classes) {
  if (buffer_size < classes) {
    throw UsageError("[model] buffer-size: expected at least one exemplar for each of " +
                     std::to_string(classes) + " classes, found " + std::to_string(buffer_size));
  }
}

}  // namespace clh
