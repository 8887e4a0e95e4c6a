#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace clh::core {

/// Where a plugin was found; an earlier origin wins over a later one.
enum class PluginOrigin {
  kFile,         // --plugin FILE
  kDirectory,    // --plugin-dir DIR
  kEnvironment,  // $CLH_PLUGIN_PATH
  kUser,         // ~/.local/lib/cl-host/plugins
  kInstalled,    // beside the executable
};

/// Returns: "--plugin", "--plugin-dir", "CLH_PLUGIN_PATH", "user", "installed".
const char* to_string(PluginOrigin origin);

/// Whether the kernel started this process with more rights than its user has (AT_SECURE).
bool runs_with_extra_rights();

/// Everything the search depends on; nothing else is looked at.
struct SearchOptions {
  std::vector<std::filesystem::path>
      files;                                // --plugin, in order; relative to the current directory
  std::vector<std::filesystem::path> dirs;  // --plugin-dir, likewise
  std::optional<std::string> env_path;      // $CLH_PLUGIN_PATH
  std::optional<std::string> home;          // $HOME
  std::filesystem::path executable;         // absolute, links resolved
  std::string libdir = "lib";               // relative to the installation's prefix
  bool no_default_plugins = false;          // leaves `files` and `dirs`
  bool extra_rights = runs_with_extra_rights();  // ignores `env_path` and `home`
};

struct SearchPlace {
  PluginOrigin origin = PluginOrigin::kFile;
  std::filesystem::path path;  // absolute; a file at PluginOrigin::kFile, else a directory
};

/// Places in the order of the search.
using SearchPlaces = std::vector<SearchPlace>;

/// Lists the places where plugins are looked for, whether they exist or not.
/// Errors:  Error `insecure-path`, exit 2, for a relative or empty entry of CLH_PLUGIN_PATH. A
/// value
///          that is empty as a whole counts as unset.
SearchPlaces search_places(const SearchOptions& options);

}  // namespace clh::core
