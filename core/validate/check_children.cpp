#include "core/validate/check_children.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include "core/signal_name.hpp"
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

[[noreturn]] void no_child(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// One copy of this program and the pipe on which it reports.
class Child final {
 public:
  explicit Child(const std::vector<std::string>& command, std::size_t first) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      no_child("expected room for a pipe");
    }
    auto words = command;
    words.insert(words.end() - 1, {"--first", std::to_string(first), "--report-to", "3"});
    std::vector<char*> arguments;
    for (auto& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) {
      no_child("expected room for a process");
    }
    if (pid_ == 0) {
      ::setpgid(0, 0);  // what the plugin starts ends with it
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (ends[1] == 3) {
        ::fcntl(3, F_SETFD, 0);
      } else {
        ::dup2(ends[1], 3);
      }
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::setpgid(pid_, pid_);
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Child() {
    kill();
    finish();
    ::close(pipe_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() const {
    if (!finished_) {
      ::kill(-pid_, SIGKILL);
    }
  }
  /// Returns: the wait status. Waits for the end.
  int finish() {
    while (!finished_ && ::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    finished_ = true;
    return status_;
  }
  /// Whether the process has ended by `deadline`.
  bool ends_until(Clock::time_point deadline) {
    while (!finished_) {
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
        finished_ = true;
      } else if (Clock::now() > deadline) {
        return false;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }
    return true;
  }

  enum class Read { kLine, kEnd, kTimeOut };
  /// Waits for a line until `deadline`.
  Read line(std::string& text, Clock::time_point deadline) {
    for (;;) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) {
        text = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return Read::kLine;
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd ready{pipe_, POLLIN, 0};
      const int found = ::poll(&ready, 1, static_cast<int>(std::max<long long>(left, 0)));
      if (found < 0 && errno == EINTR) {
        continue;
      }
      if (found == 0) {
        return Read::kTimeOut;
      }
      char bytes[4096];
      const auto count = ::read(pipe_, bytes, sizeof bytes);
      if (count <= 0) {
        return Read::kEnd;
      }
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
  }

 private:
  pid_t pid_ = -1;
  int pipe_ = -1, status_ = 0;
  bool finished_ = false;
  std::string buffer_;
};

CheckResult result_for(const Check& check, Verdict verdict, const std::string& found) {
  CheckResult result;
  result.name = check.name;
  result.component = check.component;
  result.expected = check.promise;
  result.verdict = verdict;
  result.found = found;
  return result;
}

class ChildRun final {
 public:
  ChildRun(const std::vector<Check>& planned, const ChildOptions& options)
      : planned_(planned),
        command_(options.command),
        limit_(
            std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_seconds * 1000))) {}

  std::vector<CheckResult> run() {
    while (results_.size() < planned_.size() && !closed_) {
      const auto before = results_.size();
      follow();
      if (results_.size() == before && !closed_) {
        // A child that says nothing at all would be started for ever.
        stop(std::string(kNotTried) + "the child process ended before its first check");
      }
    }
    return std::move(results_);
  }

 private:
  /// Follows one child to its end.
  void follow() {
    Child child(command_, results_.size());
    std::string text;
    for (;;) {
      switch (child.line(text, Clock::now() + limit_)) {
        case Child::Read::kLine:
          take(json::parse(text));
          break;
        case Child::Read::kTimeOut:
          child.kill();
          child.finish();
          lost(Verdict::kTimedOut, "no return after " + seconds_text());
          return;
        case Child::Read::kEnd:
          ended(child);
          return;
      }
    }
  }

  void take(const json& event) {
    if (event.contains("begins")) {
      running_ = event["begins"].get<std::size_t>();
      return;
    }
    running_.reset();
    CheckResult result;
    result.name = event.at("name");
    result.component = event.at("component");
    result.verdict = verdict_of(event.at("verdict"));
    result.expected = event.at("expected");
    result.found = event.at("found");
    result.seconds = event.at("seconds");
    add(result);
  }

  /// The pipe is closed: the child ends, or has died.
  void ended(Child& child) {
    if (!child.ends_until(Clock::now() + limit_)) {
      child.kill();
      child.finish();
      lost(Verdict::kTimedOut, "no end of the process after " + seconds_text());
      return;
    }
    const int status = child.finish();
    if (WIFSIGNALED(status)) {
      lost(Verdict::kCrashed, signal_name(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0 || running_) {
      lost(Verdict::kCrashed, "exit(" + std::to_string(WEXITSTATUS(status)) + ")");
    }
  }

  /// The child is gone: blames the check that ran, or the last one when all of them were done.
  void lost(Verdict verdict, const std::string& found) {
    if (running_ || results_.size() < planned_.size()) {
      running_.reset();
      if (!closed_) {
        add(result_for(planned_[results_.size()], verdict, found));
      }
    } else if (!is_failure(results_.back().verdict)) {
      results_.back().verdict = verdict;
      results_.back().expected = "a clean end of the process";
      results_.back().found = found + " after the last check";
    }
  }

  void add(const CheckResult& result) {
    const bool gate = planned_[results_.size()].gate;
    results_.push_back(result);
    if (gate && is_failure(result.verdict)) {
      stop(kNotTried + result.name + " " + to_string(result.verdict));
    }
  }
  void stop(const std::string& reason) {
    closed_ = true;
    while (results_.size() < planned_.size()) {
      results_.push_back(result_for(planned_[results_.size()], Verdict::kSkipped, reason));
    }
  }
  std::string seconds_text() const {
    const auto milliseconds = limit_.count();
    return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s"
                                    : std::to_string(milliseconds) + " ms";
  }

  const std::vector<Check>& planned_;
  std::vector<std::string> command_;
  std::chrono::milliseconds limit_;
  std::optional<std::size_t> running_;
  bool closed_ = false;
  std::vector<CheckResult> results_;
};

}  // namespace

std::vector<CheckResult> check_in_children(const std::filesystem::path& file,
                                           const std::vector<Check>& planned,
                                           const ChildOptions& options) {
  auto with_file = options;
  with_file.command.push_back(file.string());
  return ChildRun(planned, with_file).run();
}

PipeReport::PipeReport(int descriptor) : descriptor_(descriptor) {
  ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
}

void PipeReport::begins(std::size_t number, const Check&) {
  write_line(json{{"begins", number}}.dump());
}

void PipeReport::ended(std::size_t, const CheckResult& result) {
  write_line(json{{"name", result.name},
                  {"component", result.component},
                  {"verdict", to_string(result.verdict)},
                  {"expected", result.expected},
                  {"found", result.found},
                  {"seconds", result.seconds}}
                 .dump(-1, ' ', true, json::error_handler_t::replace));
}

void PipeReport::write_line(const std::string& line) const {
  const auto text = line + "\n";
  for (std::size_t at = 0; at < text.size();) {
    const auto count = ::write(descriptor_, text.data() + at, text.size() - at);
    if (count < 0 && errno != EINTR) {
      ::_exit(1);  // the parent is gone, nobody reads on
    }
    at += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
}

}  // namespace clh::core
