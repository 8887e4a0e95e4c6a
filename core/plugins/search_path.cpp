#include "core/plugins/search_path.hpp"

#include <system_error>

#include "core/error.hpp"
#include "core/text/identifiers.hpp"
#include <sys/auxv.h>

namespace clh::core {
namespace {

constexpr char kPluginFolder[] = "cl-host/plugins";

void add_environment(const std::string& value, SearchLevels& levels) {
  for (const std::string_view entry : split(value, ':')) {
    const std::filesystem::path path(entry);
    if (!path.is_absolute()) {
      throw Error("insecure-path",
                  "CLH_PLUGIN_PATH: expected absolute directories separated by colons, found \"" +
                      std::string(entry) + "\"",
                  "write the whole path of the directory, or unset CLH_PLUGIN_PATH", kExitUsage);
    }
    levels.push_back({Level::kEnvironment, path});
  }
}

/// Errors: Error `usage` when a relative path starts from a working directory that is gone.
std::filesystem::path whole_path(Level level, const std::filesystem::path& path) {
  std::error_code error;
  auto whole = std::filesystem::absolute(path, error);
  if (error) {
    throw Error("usage",
                to_string(level) +
                    std::string(": expected a path from a working directory, found \"") +
                    path.string() + "\" and " + error.message(),
                "name the whole path, or change to a folder that exists", kExitUsage);
  }
  return whole;
}

}  // namespace

const char* to_string(Level level) {
  switch (level) {
    case Level::kFile:
      return "--plugin";
    case Level::kDirectory:
      return "--plugin-dir";
    case Level::kEnvironment:
      return "CLH_PLUGIN_PATH";
    case Level::kUser:
      return "user";
    case Level::kInstalled:
      return "installed";
  }
  return "";
}

bool runs_with_extra_rights() {
  return ::getauxval(AT_SECURE) != 0;
}

SearchLevels search_levels(const SearchOptions& options) {
  SearchLevels levels;
  for (const auto& file : options.files) {
    levels.push_back({Level::kFile, whole_path(Level::kFile, file)});
  }
  for (const auto& directory : options.dirs) {
    levels.push_back({Level::kDirectory, whole_path(Level::kDirectory, directory)});
  }
  if (options.no_default_plugins) {
    return levels;
  }
  if (options.env_path && !options.extra_rights) {
    add_environment(*options.env_path, levels);
  }
  if (options.home && !options.extra_rights && std::filesystem::path(*options.home).is_absolute()) {
    levels.push_back(
        {Level::kUser, std::filesystem::path(*options.home) / ".local" / "lib" / kPluginFolder});
  }
  if (options.executable.is_absolute()) {
    const auto prefix = options.executable.parent_path().parent_path();
    levels.push_back({Level::kInstalled, prefix / options.libdir / kPluginFolder});
  }
  return levels;
}

}  // namespace clh::core
