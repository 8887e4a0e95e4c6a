// RenamedOptions: what options were called in records of earlier versions.
#pragma once
#include <string>

namespace clh::core {

/// Inputs:  owner, whose option it was: a component's full id, or a part of the host.
/// Returns: a sentence that names today's option, empty if `key` was never one.
std::string renamed_option(const std::string& owner, const std::string& key);

}  // namespace clh::core
