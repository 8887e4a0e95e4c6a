#pragma once

#include <filesystem>
#include <string>

#include "core/record/run_record.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {

/// Makes the results document of a run; README.md in this folder has its schema.
/// Returns: an object with the members schema, status, error (only if there is one), metrics,
///          definitions, undefined, notes, matrices, timing, environment, config, in this order.
/// Errors:  std::out_of_range if a matrix has more columns than the record has task names.
nlohmann::ordered_json results_document(const RunRecord& record);

/// Formats the results document as indented UTF-8 text with a newline at the end. Numbers are the
/// shortest that read back as the same double; bytes that are not UTF-8 become U+FFFD.
std::string results_text(const RunRecord& record);

/// Writes results_text() to `path` in one step.
/// Errors:  Error `unwritable`.
void write_results(const std::filesystem::path& path, const RunRecord& record);

}  // namespace clh::core
