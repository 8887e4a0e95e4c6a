// RenamedOptions: what options were called in records of earlier versions.
#pragma once
#include <string>

namespace clh::core {

/// Returns: a sentence that names today's option, empty if `key` was never one.
std::string renamed_option(const std::string& key);

}  // namespace clh::core
