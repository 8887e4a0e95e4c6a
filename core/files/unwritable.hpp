#pragma once

#include <filesystem>
#include <string>

namespace clh::core {

/// Throws the error for a file or directory that could not be written.
/// Inputs:  expected completes "expected ...": "room for the whole file"; error_number is an errno.
/// Errors:  always Error `unwritable`, exit code 2: "<path>: expected <expected>, found <reason>".
[[noreturn]] void throw_unwritable(const std::filesystem::path& path, const std::string& expected,
                                   int error_number);

/// The same for a place that holds something else: "..., found <found>".
[[noreturn]] void throw_unwritable(const std::filesystem::path& path, const std::string& expected,
                                   const std::string& found);

}  // namespace clh::core
