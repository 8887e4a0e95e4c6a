// Child process: runs this executable a second time, so that code which crashes or hangs takes
// nothing with it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace clh::core {

/// How a child ended, and what it answered until then.
struct ChildEnd {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;      // that signal
  bool timed_out = false;
  std::string answer;

  /// "SIGSEGV", "exit code 0", "no end after 10 s".
  std::string text() const;

  std::chrono::milliseconds time_limit{0};
};

/// Starts /proc/self/exe with `arguments`, `--answer` and a descriptor that it may write its answer
/// to, and waits for its end. Its standard output is this process's standard error; it ends when
/// this process does.
/// Rationale: a new program, not a fork, because LibTorch's threads do not survive a fork.
/// Errors:  std::system_error if there are no pipes or processes left.
/// Thread:  any.
ChildEnd run_again(const std::vector<std::string>& arguments, std::chrono::milliseconds time_limit);

/// Writes a child's answer to the descriptor that run_again() gave it.
/// Errors:  std::system_error.
void write_answer(int descriptor, const std::string& answer);

}  // namespace clh::core
