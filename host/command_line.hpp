// The command line: flags that several commands share, and what they make of them.
#pragma once
#include <boost/program_options.hpp>

#include <string>
#include <vector>

#include "core/plugins/catalogue.hpp"

namespace clh::host {

/// Arguments after the command's name.
using Arguments = std::vector<std::string>;

/// --plugin, --plugin-dir, --no-default-plugins.
boost::program_options::options_description plugin_flags();

/// Parses flags and positional arguments (stored under "argument").
/// Errors: core::Error `usage` (exit 2) that shows `help_hint`.
boost::program_options::variables_map parse(
    const Arguments& arguments, const boost::program_options::options_description& flags,
    const std::string& command);

std::vector<std::string> positional(const boost::program_options::variables_map& given);

/// The search path of the flags, environment and executable.
core::SearchLevels search_levels(const boost::program_options::variables_map& given);

/// Prints usage, text and flags. Returns: exit code 0.
int print_help(const std::string& usage, const std::string& text,
               const boost::program_options::options_description& flags);

/// Width of the terminal on `descriptor` in characters; 80 when it is none.
int terminal_width(int descriptor);

}  // namespace clh::host
