// TOML in and out: the only place that knows the TOML library.
#pragma once

#include <string>
#include <string_view>

#include "core/options/config_value.hpp"

namespace clh::core {

/// Reads TOML 1.0.
/// Inputs:  source names the text in messages, e.g. its file.
/// Errors:  Error `bad-config` with line and column; dates and times are refused.
ConfigTable read_toml(std::string_view text, const std::string& source);

/// Reads the right side of `key=value`: a TOML value, a list without brackets (`1,2`), a number in
/// the short forms `.5` and `5.`, or else the text itself. Keeps the text in `typed`.
ConfigValue read_override_value(std::string_view text);

/// Writes a table in its own order, values before sub-tables. Equal tables give equal text, and
/// reading it gives the same values, numbers to the last bit.
std::string write_toml(const ConfigTable& table);

}  // namespace clh::core
