// The command line: flags that several commands share, and what they make of them.
#pragma once
#include <string>
#include <vector>

#include "core/plugins/catalogue.hpp"
#include "core/plugins/crash_log.hpp"
#include <boost/program_options.hpp>

namespace clh::host {

/// Columns of the text of --help.
inline constexpr unsigned kHelpWidth = 100;

/// Arguments after the command's name.
using Arguments = std::vector<std::string>;

/// --plugin, --plugin-dir, --no-default-plugins, --locked, --lock-file, --allow-insecure-plugins.
boost::program_options::options_description plugin_flags();

/// Parses flags and positional arguments (stored under "argument"); -h is --help.
/// Errors: core::Error `usage` (exit 2) with the nearest flag; for a flag with an empty value, too.
boost::program_options::variables_map parse(
    const Arguments& arguments, const boost::program_options::options_description& flags,
    const std::string& command);

std::vector<std::string> positional(const boost::program_options::variables_map& given);

/// The search path of the flags, environment and executable.
core::SearchPlaces search_places(const boost::program_options::variables_map& given);

/// What --locked, --lock-file and --allow-insecure-plugins demand. Errors: those of
/// core::LockFile::read.
core::TrustRules trust_rules(const boost::program_options::variables_map& given);

/// The plugins that the flags, environment and executable give, as far as their rules trust them.
/// Errors: those of core::search_places, core::LockFile::read and core::Catalogue::scan.
core::Catalogue scan_plugins(const boost::program_options::variables_map& given);

/// The same for a command that runs their code. Errors: those of LockFile::check_complete on top.
core::Catalogue scan_plugins_to_run(const boost::program_options::variables_map& given);

/// The crash log below $XDG_CACHE_HOME or ~/.cache; remembers nothing for a program with extra
/// rights.
core::CrashLog crash_log();

/// Prints usage, text and flags. Returns: exit code 0.
int print_help(const std::string& usage, const std::string& text,
               const boost::program_options::options_description& flags);

/// Width of the terminal on `descriptor` in characters; 80 when it is none.
int terminal_width(int descriptor);

}  // namespace clh::host
