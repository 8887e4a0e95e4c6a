// CheckChildren: runs the checks in copies of this program, so that a crash or a hang ends one
// check and not the validation.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/validate/check_run.hpp"

namespace clh::core {

struct ChildOptions {
  std::vector<std::string> command;  // program and arguments up to the file, without these two:
                                     // --first N --report-to DESCRIPTOR
  double timeout_seconds = 30.0;     // of one check
};

/// Runs every planned check of a file in children; a fresh one goes on after a crash or a time-out.
/// Returns: one result per planned check, in their order.
/// Errors:  std::system_error when no child can be started.
std::vector<CheckResult> check_in_children(const std::filesystem::path& file,
                                           const std::vector<Check>& planned,
                                           const ChildOptions& options);

/// The child's side: writes one line per event to a descriptor.
class PipeReport final : public CheckObserver {
 public:
  explicit PipeReport(int descriptor);
  void begins(std::size_t number, const Check& check) override;
  void ended(std::size_t number, const CheckResult& result) override;

 private:
  void write_line(const std::string& line) const;
  int descriptor_;
};

}  // namespace clh::core
