#include "host/exit_guard.hpp"

#include <cstdlib>

#include "core/error.hpp"
#include <unistd.h>

namespace clh::host {
namespace {

/// Whether an end of the process would be a surprise; an exit handler sees nothing else.
bool& on_guard() {
  static bool guarded = false;
  return guarded;
}

void refuse_to_exit() {
  if (!on_guard()) {
    return;
  }
  constexpr char kText[] =
      "error[plugin-crash]: cl-host train: expected the run to end, found a plugin calling exit()\n"
      "  fix: cl-host train --supervise names the plugin and the call\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
  ::_exit(core::kExitCrash);
}

}  // namespace

ExitGuard::ExitGuard() {
  [[maybe_unused]] static const int registered = std::atexit(refuse_to_exit);
  on_guard() = true;
}

ExitGuard::~ExitGuard() {
  on_guard() = false;
}

}  // namespace clh::host
