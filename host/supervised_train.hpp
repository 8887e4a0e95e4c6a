// Supervised train: the flags that guard a run against its plugins, and the run in a child process.
#pragma once
#include "core/process/call_record.hpp"
#include "host/command_line.hpp"

namespace clh::host {

/// --supervise, --call-timeout, --check.
boost::program_options::options_description guard_flags();
/// What only a supervisor says to its child.
boost::program_options::options_description supervisor_flags();

/// Whether --check=full was given. Errors: core::Error `usage` for another value.
bool full_check(const boost::program_options::variables_map& given);

bool wants_supervision(const boost::program_options::variables_map& given);

/// Runs `train` with these arguments in a child. Returns: its exit code.
/// Errors: core::Error `plugin-crash`, `plugin-timeout`, `bug` for how it ended; `usage` for a time
///         limit that is none.
int train_supervised(const Arguments& arguments,
                     const boost::program_options::variables_map& given);

/// The page that a supervisor handed down; at the end of its life, when all instances are gone, it
/// notes that only exit handlers follow.
class SupervisedPage final {
 public:
  /// Errors: core::Error `usage`.
  explicit SupervisedPage(const boost::program_options::variables_map& given);
  ~SupervisedPage();
  SupervisedPage(const SupervisedPage&) = delete;
  SupervisedPage& operator=(const SupervisedPage&) = delete;

  /// Null when nobody watches.
  core::CallRecordPage* get() const { return page_; }

 private:
  core::CallRecordPage* page_ = nullptr;
};

}  // namespace clh::host
