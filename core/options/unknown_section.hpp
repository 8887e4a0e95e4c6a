#pragma once
#include "core/options/config_schema.hpp"
#include "core/options/config_value.hpp"

namespace clh::core {

/// Checks the top level of a composed configuration.
/// Errors:  Error `unknown-option` with the nearest key that is valid with the chosen components.
void refuse_unknown_sections(const ConfigSchema& schema, const ConfigTable& root);

}  // namespace clh::core
