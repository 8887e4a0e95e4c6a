// Describe options: a component and its options for a reader, or for a program.
#pragma once
#include <clh/abi.h>

#include <string>

#include "core/options/option_table.hpp"
#include <nlohmann/json_fwd.hpp>

namespace clh::core {

/// What `cl-host describe` prints: head lines, then the options; ends with a newline.
/// Inputs:  full_id as ComponentLookup::full_id gives it, "org.clh.er/er".
std::string describe_component(const clh_component& component, const std::string& full_id);
/// The same: {id, kind, full-id, title, doc, cite, capabilities, options}.
nlohmann::json describe_component_json(const clh_component& component, const std::string& full_id);

/// An aligned table, one line per option: name, type, default, values, unit, meaning.
std::string describe_options(ParamSpan params);
/// An array of {name, type, default, required, advanced, deprecated, unit, doc} and, where there
/// are any, min, max, open-min, open-max, choices, kind.
nlohmann::json describe_options_json(ParamSpan params);

}  // namespace clh::core
