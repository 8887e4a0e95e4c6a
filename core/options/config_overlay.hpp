// Layer overlay: what a later layer of the configuration leaves of an earlier one.
#pragma once
#include <optional>
#include <string>

#include "core/options/component_tree.hpp"
#include "core/options/config_value.hpp"

namespace clh::core {

/// A table as it was written, or the table that a bare name is short for (`node = "linear"`).
/// Returns: nothing for a value that can be neither.
std::optional<ConfigTable> as_named_table(const ConfigValue& value);

/// Lays `layer` over `base`, key by key.
void overlay_options(ConfigTable& base, const ConfigTable& layer);

/// Lays `layer` over `base`, two tables that a `name` gives their meaning. Another name drops all
/// options of the old one, the same name keeps them; so do the components among the options.
/// Inputs:  kind is 0 for a table of the host, which holds no components; default_name stands for
///          a missing `name`.
/// Errors:  those of the lookup, asked only where components are nested.
void overlay_named(ConfigTable& base, const ConfigTable& layer, clh_kind kind,
                   const std::string& default_name, const ComponentLookup& lookup);

}  // namespace clh::core
