#include "core/process/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/process/signal_name.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A descriptor that is closed at the end of its scope.
class Descriptor final {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) {
      ::close(std::exchange(number_, -1));
    }
  }

 private:
  int number_;
};

/// Only what POSIX allows between fork and exec.
[[noreturn]] void become(char* const* arguments, int answer, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) {
    ::fcntl(answer, F_SETFD, 0);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execv("/proc/self/exe", arguments);
  }
  ::_exit(127);
}

pid_t start(std::vector<std::string> words, int answer) {
  words.insert(words.begin(), "cl-host");
  words.insert(words.end(), {"--answer", std::to_string(answer)});
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) {
    fail("fork");
  }
  if (child == 0) {
    become(arguments.data(), answer, parent);
  }
  return child;
}

/// Appends what can be read without waiting. Returns: false at the end.
bool drain(int descriptor, std::string& text) {
  char bytes[65536];
  const auto n = ::read(descriptor, bytes, sizeof bytes);
  if (n > 0) {
    text.append(bytes, static_cast<std::size_t>(n));
  }
  return n > 0 || (n < 0 && errno == EINTR);
}

/// Waits for the end of the process, not of the pipe, which a grandchild might hold open.
/// Returns: false at the time limit.
bool collect(int process, int pipe, Clock::time_point deadline, std::string& answer) {
  pollfd ends[] = {{process, POLLIN, 0}, {pipe, POLLIN, 0}};
  while (ends[0].revents == 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = ::poll(ends, 2, static_cast<int>(std::clamp<long>(left, 0, 1 << 30)));
    if (ready == 0) {
      return false;
    }
    if (ready > 0 && ends[1].revents != 0 && !drain(pipe, answer)) {
      ends[1].fd = -1;
    }
  }
  return true;
}

}  // namespace

std::string ChildEnd::text() const {
  if (timed_out) {
    return "no end after " + std::to_string(time_limit.count() / 1000) + " s";
  }
  if (signal != 0) {
    return signal_name(signal);
  }
  return "exit code " + std::to_string(exit_code);
}

ChildEnd run_again(const std::vector<std::string>& arguments,
                   std::chrono::milliseconds time_limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    fail("pipe");
  }
  Descriptor read_end(ends[0]), write_end(ends[1]);
  ChildEnd end;
  end.time_limit = time_limit;
  const auto deadline = Clock::now() + time_limit;
  const pid_t child = start(arguments, write_end.number());
  write_end.close();
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (process.number() < 0 || !collect(process.number(), read_end.number(), deadline, end.answer)) {
    end.timed_out = true;
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::fcntl(read_end.number(), F_SETFL, O_NONBLOCK);
  while (drain(read_end.number(), end.answer)) {
  }
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return end;
}

void write_answer(int descriptor, const std::string& answer) {
  for (std::size_t done = 0; done < answer.size();) {
    const auto n = ::write(descriptor, answer.data() + done, answer.size() - done);
    if (n < 0 && errno != EINTR) {
      fail("write");
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

}  // namespace clh::core
