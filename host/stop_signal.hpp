// Stop signal: SIGINT and SIGTERM ask a run to end; asked twice, the process ends at once.
#pragma once
#include <csignal>

namespace clh::host {

/// Installs the handlers. Returns: where the number of the signal appears; 0 until then.
const volatile std::sig_atomic_t* watch_stop_signals();

/// The signal so far, 0 = none.
int stop_signal();

}  // namespace clh::host
