// CapturedOutput: takes standard output and error out of the way of a plugin, and counts what
// arrives there although it should not.
#pragma once

#include <string>

namespace clh::core {

class CapturedOutput final {
 public:
  /// Redirects descriptors 1 and 2 of this process. Errors: std::system_error.
  CapturedOutput();
  ~CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  /// Returns: what has been written since the last call, at most its first 200 bytes.
  std::string take();

 private:
  int file_ = -1, out_ = -1, err_ = -1;
  long taken_ = 0;
};

}  // namespace clh::core
