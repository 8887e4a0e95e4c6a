#pragma once

#include <filesystem>
#include <string>

#include "core/record/run_record.hpp"

namespace clh::core {

/// Formats the metrics after every experience as CSV (RFC 4180, but lines end in one newline).
/// Columns: task (experiences learned so far, 0 = before training), setting, every metric by its
/// long name, `accuracy/<task name>` for every test task, then `undefined`: the metrics without a
/// value and why, as "name name: reason; name: reason". Values are fractions with the
/// shortest text that reads back as the same number; what is absent is an empty field. Experiences
/// without any evaluated cell have no line.
/// Errors:  std::invalid_argument if a matrix has not one column per task name.
std::string metrics_csv(const RunRecord& record);

/// Writes metrics_csv() to `path` in one step.
/// Errors:  Error `unwritable`.
void write_metrics_csv(const std::filesystem::path& path, const RunRecord& record);

}  // namespace clh::core
