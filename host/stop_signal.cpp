#include "host/stop_signal.hpp"

namespace clh::host {
namespace {

volatile std::sig_atomic_t received = 0;  // NOLINT: a handler can reach nothing else

extern "C" void ask_to_stop(int number) {
  if (received != 0) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  received = number;
}

}  // namespace

const volatile std::sig_atomic_t* watch_stop_signals() {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  return &received;
}

int stop_signal() {
  return received;
}

}  // namespace clh::host
