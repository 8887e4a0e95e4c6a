// CheckChild: one copy of this program that runs checks, and the pipe on which it reports.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

namespace clh::core {

class CheckChild final {
 public:
  using Clock = std::chrono::steady_clock;

  /// Starts `command` with --first and --report-to before its last word, the file.
  /// Errors: std::system_error.
  CheckChild(const std::vector<std::string>& command, std::size_t first);
  ~CheckChild();
  CheckChild(const CheckChild&) = delete;
  CheckChild& operator=(const CheckChild&) = delete;

  /// What each line of the child begins with.
  const std::string& token() const { return token_; }

  /// Kills the child with all that it started, and waits for its end.
  void kill();
  /// Whether the process has ended by `deadline`.
  bool ends_until(Clock::time_point deadline);
  /// Returns: the wait status. Waits for the end.
  int finish();

  enum class Read { kLine, kEnd, kTimeOut };
  /// Waits for a line until `deadline`; one that never ends is cut into pieces.
  Read line(std::string& text, Clock::time_point deadline);

 private:
  pid_t pid_ = -1;
  int pipe_ = -1, status_ = 0;
  bool finished_ = false;
  std::string token_, buffer_;
};

}  // namespace clh::core
