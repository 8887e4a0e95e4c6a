// RenamedOptions: what options were called in records of earlier versions.
#pragma once
#include <string>
#include <vector>

namespace clh::core {

/// Inputs:  key, that no option has; names, the options that there are.
/// Returns: a sentence that names today's option; empty if `key` was never one, or was one of a
///          component that has none of these.
std::string renamed_option(const std::string& key, const std::vector<std::string>& names);

}  // namespace clh::core
