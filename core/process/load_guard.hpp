// Load guard: keeps what belongs to the host (rule R15) while a plugin's code is loaded.
#pragma once

#include <csignal>
#include <string>
#include <vector>

namespace clh::core {

/// From its creation to release(), what is printed on standard output appears on standard error, so
/// that a document on standard output stays whole; release() restores it, and every signal handler
/// that was changed meanwhile.
/// Thread:  any; nobody else may change handlers or descriptors meanwhile.
class LoadGuard final {
 public:
  LoadGuard();
  ~LoadGuard();
  LoadGuard(const LoadGuard&) = delete;
  LoadGuard& operator=(const LoadGuard&) = delete;

  /// Returns: the signals whose handlers were changed and are restored now, as in "SIGINT".
  std::vector<std::string> release();

 private:
  struct Handler {
    int signal;
    struct sigaction action;
  };

  std::vector<Handler> handlers_;
  int output_ = -1;  // the host's standard output; -1 = released, or there was none
};

}  // namespace clh::core
