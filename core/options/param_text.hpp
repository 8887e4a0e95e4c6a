// What an option is, in words: for error messages, `describe` and the written configuration.
#pragma once
#include <clh/abi.h>

#include <string>
#include <vector>

#include "core/options/config_value.hpp"
#include "core/text/kinds.hpp"

namespace clh::core {

/// An option's default as it would be written; a component's is its name.
ConfigValue default_value(const clh_param& param);
/// Whether an option is absent unless it is given.
bool has_no_default(const clh_param& param);
/// The names of a choice in their order; empty for other types.
std::vector<std::string> choice_names(const clh_param& param);
/// What an option accepts: "an integer >= 1", "one of a, b", "a list of numbers in [0, 1)".
std::string expected_text(const clh_param& param);
/// A bound as it is written: "1", "0.5".
std::string bounds_number(double bound);
/// What an option has to do with the plan: ">= classes with policy=ring", ">= 2 x classes"; empty
/// without a relation.
std::string relation_text(const clh_param& param);
/// The bounds alone: ">= 1", "in [0, 1)"; empty without bounds.
std::string bounds_text(const clh_param& param);

}  // namespace clh::core
