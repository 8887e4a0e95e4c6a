#include "core/process/supervisor.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "core/process/call_record.hpp"
#include "core/process/signal_name.hpp"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace {

constexpr int kNotStarted = 127;  // as a shell says it
constexpr std::int64_t kNanoseconds = 1'000'000'000;

sigset_t watched_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGCHLD}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

/// Only what POSIX allows between fork and exec.
[[noreturn]] void become_child(char* const* arguments, int page, const sigset_t& mask,
                               pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it never outlives its supervisor
  if (::getppid() == parent) {
    ::setpgid(0, 0);
    ::fcntl(page, F_SETFD, 0);  // survives the exec
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::execv("/proc/self/exe", arguments);
  }
  ::_exit(kNotStarted);
}

/// Starts the child with its signals as they were. Errors: std::system_error.
pid_t start(const SuperviseRequest& request, int page) {
  std::vector<std::string> words{"cl-host"};
  words.insert(words.end(), request.arguments.begin(), request.arguments.end());
  words.insert(words.end(), {"--call-record-fd", std::to_string(page)});
  std::vector<char*> arguments;
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const auto signals = watched_signals();
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (child == 0) {
    become_child(arguments.data(), page, before, parent);
  }
  return child;
}

/// Waits for one child and remembers what has been done to it.
class Watch {
 public:
  Watch(pid_t child, const CallRecordPage& page, double call_timeout)
      : child_(child),
        page_(page),
        limit_(static_cast<std::int64_t>(call_timeout * static_cast<double>(kNanoseconds))) {}

  /// Returns: the status of waitpid.
  int wait_for_end() {
    const auto signals = watched_signals();
    for (;;) {
      int status = 0;
      if (::waitpid(child_, &status, WNOHANG) == child_) {
        return status;
      }
      if (limit_ == 0) {
        pass_on(::sigwaitinfo(&signals, nullptr));
        continue;
      }
      const auto pause = std::min(limit_ / 4 + 1, kNanoseconds / 10);
      const timespec until{0, static_cast<long>(pause)};
      pass_on(::sigtimedwait(&signals, nullptr, &until));
      end_overdue();
    }
  }

  int passed() const { return passed_; }
  const std::optional<CallRecord>& overdue() const { return overdue_; }

 private:
  void pass_on(int signal) {
    if (signal <= 0 || signal == SIGCHLD) {
      return;
    }
    ::kill(child_, signal);
    if (signal == SIGTSTP) {
      ::raise(SIGSTOP);  // until SIGCONT
    }
    if (signal == SIGTSTP || signal == SIGCONT) {
      resumed_ = call_clock();  // the time it stood still does not count
    } else {
      passed_ = signal;
    }
  }

  void end_overdue() {
    if (!overdue_) {
      overdue_ = overdue_call(page_, limit_, resumed_);
      if (overdue_) {
        ::kill(child_, SIGKILL);
      }
    }
  }

  pid_t child_;
  const CallRecordPage& page_;
  std::int64_t limit_, resumed_ = 0;
  int passed_ = 0;
  std::optional<CallRecord> overdue_;
};

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", seconds);
  return text;
}

Error crash_of(const CallRecord& call, const std::string& found) {
  return Error("plugin-crash", call.text() + ": expected a return, found " + found,
               std::string("run again without ") + call.component +
                   ", or report it to the plugin's author with the command and the record",
               kExitCrash);
}

/// What to say about the end, or nothing when the child has said everything.
std::optional<Error> failure_of(int status, const Watch& watch, const CallRecordPage& page,
                                double call_timeout) {
  const auto call = innermost_call(page);
  if (watch.overdue()) {
    return Error(
        "plugin-timeout",
        watch.overdue()->text() + ": expected a return within " + seconds_text(call_timeout) +
            ", found it still running",
        std::string("raise --call-timeout if it only needs longer, or run again without ") +
            watch.overdue()->component,
        kExitCrash);
  }
  if (WIFEXITED(status)) {
    if (call) {
      return crash_of(*call, "exit(" + std::to_string(WEXITSTATUS(status)) + ")");
    }
    return std::nullopt;
  }
  const int signal = WTERMSIG(status);
  if (signal == watch.passed()) {
    return std::nullopt;
  }
  const auto found = signal_name(signal);
  if (call) {
    return crash_of(*call, found);
  }
  if (page.ended.load(std::memory_order_acquire) != 0) {
    return Error(
        "plugin-crash",
        "exit handlers: expected a clean exit, found " + found + " after the run had ended",
        "its results are complete; train --check=full names a plugin that leaves a thread",
        kExitCrash);
  }
  if (signal == SIGKILL) {
    return Error("killed", "cl-host: expected to go on, found SIGKILL outside any call of a plugin",
                 "look whether memory ran out: dmesg", static_cast<ExitCode>(128 + SIGKILL));
  }
  const auto last = last_call(page);
  return Error("bug",
               "cl-host: expected to go on, found " + found + " outside any call of a plugin (" +
                   (last ? "the last was " + last->text() : "there was none yet") + ")",
               "please report this as an issue", kExitBug);
}

}  // namespace

SupervisedEnd supervise(const SuperviseRequest& request) {
  const auto shared = create_call_record_page();
  const pid_t child = start(request, shared.descriptor);
  ::close(shared.descriptor);
  Watch watch(child, *shared.page, request.call_timeout);
  const int status = watch.wait_for_end();

  SupervisedEnd end;
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  end.failure = failure_of(status, watch, *shared.page, request.call_timeout);
  const auto& directory = shared.page->run_directory;
  end.record = std::string(directory, ::strnlen(directory, sizeof directory));
  if (end.failure) {
    end.status = "crashed";
  } else if (WIFSIGNALED(status)) {
    end.status = "interrupted";
  }
  return end;
}

}  // namespace clh::core
