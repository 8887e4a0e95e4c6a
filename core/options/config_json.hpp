#pragma once
#include "core/options/config_value.hpp"
#include <nlohmann/json_fwd.hpp>

namespace clh::core {

/// The same value as JSON; tables become objects.
nlohmann::json json_of(const ConfigValue& value);

}  // namespace clh::core
