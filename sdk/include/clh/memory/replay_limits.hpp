// Replay limits: what the size of a memory must have to do with tasks and classes.
#pragma once
#include <clh/error.hpp>

#include <cstdint>
#include <string>

namespace clh __attribute__((visibility("hidden"))) {

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
