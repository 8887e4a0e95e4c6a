#include "tests/support/run_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::test {
namespace {

constexpr int kNotStarted = 127;  // as a shell says it

void open_pipe(int* ends) {
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
}

/// Appends what is there. Returns: false, with `descriptor` closed, at the end.
bool drain(int& descriptor, std::string& text) {
  char bytes[65536];
  const auto n = ::read(descriptor, bytes, sizeof bytes);
  if (n > 0) {
    text.append(bytes, static_cast<std::size_t>(n));
    return true;
  }
  if (n < 0 && errno == EINTR) {
    return true;
  }
  ::close(std::exchange(descriptor, -1));
  return false;
}

/// No capability survives the exec that follows.
void drop_privileges() {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

}  // namespace

Process::Process(const ProcessRequest& request)
    : deadline_(std::chrono::steady_clock::now() + request.time_limit) {
  int out[2], err[2];
  open_pipe(out);
  open_pipe(err);
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (pid_ == 0) {
    become(request, out, err);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

void Process::become(const ProcessRequest& request, const int* out, const int* err) const {
  int to = out[1];
  if (!request.output_to.empty()) {
    to = ::open(request.output_to.c_str(), O_WRONLY | O_CLOEXEC);
  }
  ::dup2(to, STDOUT_FILENO);
  ::dup2(err[1], STDERR_FILENO);
  ::close(STDIN_FILENO);
  ::open("/dev/null", O_RDONLY);
  if (!request.directory.empty() && ::chdir(request.directory.c_str()) != 0) {
    ::_exit(kNotStarted);
  }
  for (const auto& [name, value] : request.environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  if (request.file_size) {
    const rlimit limit{*request.file_size, *request.file_size};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (request.without_privileges) {
    drop_privileges();
  }
  std::vector<char*> arguments;
  for (const auto& word : request.command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(kNotStarted);
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const int descriptor : {out_, err_}) {
    if (descriptor >= 0) {
      ::close(descriptor);
    }
  }
}

bool Process::read_some() {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  pollfd ends[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};  // poll passes over -1
  const int ready = ::poll(ends, 2, static_cast<int>(std::max<long>(left.count(), 0)));
  if (ready < 0 && errno == EINTR) {
    return true;
  }
  if (ready <= 0) {
    result_.timed_out = true;
    ::kill(pid_, SIGKILL);
    return false;
  }
  if (ends[0].revents != 0) {
    drain(out_, result_.out);
  }
  if (ends[1].revents != 0) {
    drain(err_, result_.err);
  }
  return out_ >= 0 || err_ >= 0;
}

bool Process::wait_for_error_text(const std::string& text) {
  while (result_.err.find(text) == std::string::npos) {
    if (!read_some()) {
      return false;
    }
  }
  return true;
}

void Process::send(int signal) const {
  ::kill(pid_, signal);
}

ProcessResult Process::finish() {
  while ((out_ >= 0 || err_ >= 0) && read_some()) {
  }
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return std::move(result_);
}

ProcessResult run_process(const ProcessRequest& request) {
  return Process(request).finish();
}

}  // namespace clh::test
