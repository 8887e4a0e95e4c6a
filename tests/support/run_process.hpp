// RunProcess: starts a program with pipes, limits and signals, and keeps what it printed.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace clh::test {

/// What to start and under which conditions.
struct ProcessRequest {
  std::vector<std::string> command;                // program and arguments; no shell
  std::filesystem::path directory;                 // to run in; empty = this process's
  std::map<std::string, std::string> environment;  // added to this process's
  std::optional<rlim_t> file_size;                 // RLIMIT_FSIZE in bytes: a full disk
  std::filesystem::path output_to;                 // standard output; empty = ProcessResult::out
  bool without_privileges = false;                 // root, too, obeys file permissions
  std::chrono::seconds time_limit{60};             // then SIGKILL
};

struct ProcessResult {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;      // that signal
  bool timed_out = false;
  std::string out, err;
};

/// A running program. Its destructor kills what is still running.
class Process final {
 public:
  /// Errors: std::system_error when there are no pipes or processes left.
  explicit Process(const ProcessRequest& request);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits until standard error holds `text`. Returns: false at the end or the time limit.
  bool wait_for_error_text(const std::string& text);
  void send(int signal) const;
  /// Waits for the end.
  ProcessResult finish();

 private:
  [[noreturn]] void become(const ProcessRequest& request, const int* out, const int* err) const;
  bool read_some();

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;  // ends to read from; -1 = closed
  std::chrono::steady_clock::time_point deadline_;
  ProcessResult result_;
};

/// Starts and waits.
ProcessResult run_process(const ProcessRequest& request);

}  // namespace clh::test
