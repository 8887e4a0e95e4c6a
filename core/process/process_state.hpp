// ProcessState: everything of the process that belongs to the host and that a plugin leaves alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clh::core {

/// A copy of the state that can be compared.
struct ProcessState {
  std::vector<std::string> environment;
  std::string locale, directory;
  std::vector<std::string> signals;      // number and handler of each
  std::vector<std::string> descriptors;  // number and what it stands for
  std::uint32_t float_mode = 0;          // rounding, flush to zero, trapped exceptions

  static ProcessState now();
};

/// Returns: the differences as text, empty if there is none; the words name the parts to compare:
///          environment, locale, directory, signals, descriptors, float-mode.
std::string difference(const ProcessState& before, const ProcessState& after,
                       const std::vector<std::string>& parts);

/// Thread ids of this process, sorted.
std::vector<std::int64_t> thread_ids();
/// Waits until only the threads in `known` run, or a second has passed: a thread that was joined
/// leaves the process a moment later. Returns: how many others still run.
std::size_t threads_left(const std::vector<std::int64_t>& known);

/// Resident memory in bytes.
std::int64_t resident_bytes();

}  // namespace clh::core
