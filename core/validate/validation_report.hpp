// ValidationReport: what the checks found, for an author and for a program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/validate/check.hpp"
#include <nlohmann/json_fwd.hpp>

namespace clh::core {

/// One validated file.
struct FileValidation {
  std::filesystem::path file;
  std::string plugin;  // "org.clh.er 1.0.0", empty when its note could not be read
  std::vector<CheckResult> results;

  bool passed() const;
};

struct ReportStyle {
  bool all = false;  // one line for each check, not for the findings alone
};

/// Returns: lines of verdict, check, expected and found, and a summary; ends with a newline.
std::string validation_text(const FileValidation& validation, const ReportStyle& style);

/// Returns: {"schema": "cl-host.validate/1", "passed": …, "files": [{"file", "plugin", "passed",
///          "counts", "checks": [{"name", "component", "verdict", "expected", "found",
///          "seconds"}]}]}.
nlohmann::ordered_json validation_json(const std::vector<FileValidation>& validations);

}  // namespace clh::core
