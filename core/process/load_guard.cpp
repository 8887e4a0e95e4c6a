#include "core/process/load_guard.hpp"

#include <cstdio>
#include <iostream>
#include <utility>

#include "core/process/signal_name.hpp"
#include <fcntl.h>
#include <unistd.h>

namespace clh::core {
namespace {

bool same(const struct sigaction& a, const struct sigaction& b) {
  return a.sa_handler == b.sa_handler && a.sa_flags == b.sa_flags;
}

void flush_output() {
  std::cout.flush();
  std::fflush(stdout);
}

}  // namespace

LoadGuard::LoadGuard() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action = {};
    if (::sigaction(signal, nullptr, &action) == 0) {  // some belong to the C library
      handlers_.push_back({signal, action});
    }
  }
  flush_output();
  output_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (output_ >= 0) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
}

LoadGuard::~LoadGuard() {
  release();
}

std::vector<std::string> LoadGuard::release() {
  if (output_ >= 0) {
    flush_output();
    ::dup2(output_, STDOUT_FILENO);
    ::close(std::exchange(output_, -1));
  }
  std::vector<std::string> stolen;
  for (const Handler& handler : std::exchange(handlers_, {})) {
    struct sigaction now = {};
    if (::sigaction(handler.signal, nullptr, &now) == 0 && !same(now, handler.action)) {
      ::sigaction(handler.signal, &handler.action, nullptr);
      stolen.push_back(signal_name(handler.signal));
    }
  }
  return stolen;
}

}  // namespace clh::core
