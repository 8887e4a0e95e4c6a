// Overrides: the words `key=value` of a command line as one layer of the configuration.
#pragma once
#include <string>
#include <vector>

#include "core/options/config_value.hpp"

namespace clh::core {

/// Reads `model.buffer-size=200` and the like; keys are dotted, a later word wins over an earlier
/// one. Words about one component work in any order: `model=er` is short for `model.name=er`.
/// Errors:  Error `usage` for a word that is not key=value.
ConfigTable read_overrides(const std::vector<std::string>& words);

}  // namespace clh::core
