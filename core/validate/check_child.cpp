#include "core/validate/check_child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <random>
#include <system_error>
#include <thread>

#include "core/validate/check_report.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace {

// Far above what a check finds; text without an end must not fill the memory.
constexpr std::size_t kLongestLine = 1 << 20;

[[noreturn]] void no_child(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Moves a descriptor to a number that no plugin hits by counting from 3.
int moved_up(int descriptor) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1024));
  std::random_device chance;
  const int least = end / 2 + static_cast<int>(chance() % static_cast<unsigned>(end / 4 + 1));
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, least);
  if (moved < 0) {
    return descriptor;
  }
  ::close(descriptor);
  return moved;
}

/// Only what POSIX allows between fork and exec.
[[noreturn]] void become(char* const* arguments, int report) {
  ::setpgid(0, 0);  // what the plugin starts ends with it
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::fcntl(report, F_SETFD, 0);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

CheckChild::CheckChild(const std::vector<std::string>& command, std::size_t first)
    : token_(new_report_token()) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    no_child("expected room for a pipe");
  }
  const ReportPipe report{moved_up(ends[1]), token_};
  auto words = command;
  words.insert(words.end() - 1, {"--first", std::to_string(first), "--report-to", report.text()});
  std::vector<char*> arguments;
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  pipe_ = ends[0];
  pid_ = ::fork();
  if (pid_ == 0) {
    become(arguments.data(), report.descriptor);
  }
  const int failure = errno;
  ::close(report.descriptor);
  if (pid_ < 0) {
    ::close(pipe_);
    errno = failure;
    no_child("expected room for a process");
  }
  ::setpgid(pid_, pid_);
}

CheckChild::~CheckChild() {
  kill();
  ::close(pipe_);
}

void CheckChild::kill() {
  if (!finished_) {
    ::kill(-pid_, SIGKILL);
  }
  finish();
}

int CheckChild::finish() {
  while (!finished_ && ::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  finished_ = true;
  return status_;
}

bool CheckChild::ends_until(Clock::time_point deadline) {
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

CheckChild::Read CheckChild::line(std::string& text, Clock::time_point deadline) {
  for (;;) {
    const auto end = std::min(buffer_.find('\n'), kLongestLine);
    if (end < buffer_.size()) {
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

}  // namespace clh::core
