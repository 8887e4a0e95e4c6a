// Supervisor: runs a command of this executable in a child, so that a plugin that crashes or hangs
// ends the child alone and can be named.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace clh::core {

struct SuperviseRequest {
  std::vector<std::string> arguments;  // of the executable; "--call-record-fd N" is added
  double call_timeout = 0;             // seconds that one call of a plugin may take; 0 = no limit
};

/// How the child ended.
struct SupervisedEnd {
  int exit_code = 0;             // 128 + n when signal n was passed on to it
  std::optional<Error> failure;  // `plugin-crash`, `plugin-timeout` (exit 4), `bug` (exit 1)
  std::filesystem::path record;  // the run's directory, empty = none
  std::string status;            // `crashed` or `interrupted`, as the record that the child
                                 // could not end shall say; empty = it ended it
};

/// Starts the child and waits for its end. SIGINT, SIGTERM, SIGHUP and SIGQUIT that this process
/// receives go to the child, which has a process group of its own so that a terminal sends them
/// once; stopping and continuing are passed on too. Standard input, output and error are shared.
/// The child ends when this process does.
/// Rationale: executed anew, never forked alone, because LibTorch does not survive that.
/// The signals stay blocked: this process has nothing left to do but to report.
/// Errors:  std::system_error when there are no processes left.
/// Thread:  main, before there are others.
SupervisedEnd supervise(const SuperviseRequest& request);

}  // namespace clh::core
