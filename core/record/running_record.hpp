// Running record: the end of a record whose process is gone.
#pragma once
#include <string>

#include "core/record/run_directory.hpp"

namespace clh::core {

/// Gives a record that still says `running` its end: status and error in results.json, a last line
/// in log.txt; a line of train.jsonl that was cut is dropped. Another status stays.
/// Inputs:  error may be empty.
/// Errors:  Error `unwritable`; a record without a readable results.json is left as it is.
void end_running_record(const RunDirectory& directory, const std::string& status,
                        const std::string& error);

}  // namespace clh::core
