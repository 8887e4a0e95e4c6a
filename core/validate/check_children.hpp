// CheckChildren: runs the checks in copies of this program, so that a crash or a hang ends one
// check and not the validation.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/validate/check.hpp"

namespace clh::core {

struct ChildOptions {
  std::vector<std::string> command;  // program and arguments up to the file, without these two:
                                     // --first N --report-to PIPE
  double timeout_seconds = 30.0;     // of one check, at most 1e6
};

/// Runs every planned check of a file in children; a fresh one goes on after a crash, a time-out or
/// a line on the report pipe that is no report.
/// Returns: one result per planned check, in their order, whatever the children write.
/// Errors:  std::system_error when no child can be started.
std::vector<CheckResult> check_in_children(const std::filesystem::path& file,
                                           const std::vector<Check>& planned,
                                           const ChildOptions& options);

}  // namespace clh::core
