#include "core/plugins/search_path.hpp"

#include <system_error>

#include "core/error.hpp"
#include "core/text/identifiers.hpp"
#include <sys/auxv.h>

namespace clh::core {
namespace {

constexpr char kPluginFolder[] = "cl-host/plugins";

void add_environment(const std::string& value, SearchPlaces& places) {
  for (const std::string_view entry : split(value, ':')) {
    const std::filesystem::path path(entry);
    if (!path.is_absolute()) {
      throw Error("insecure-path",
                  "CLH_PLUGIN_PATH: expected absolute directories separated by colons, found \"" +
                      std::string(entry) + "\"",
                  "write the whole path of the directory, or unset CLH_PLUGIN_PATH", kExitUsage);
    }
    places.push_back({PluginOrigin::kEnvironment, path});
  }
}

/// Errors: Error `usage` when a relative path starts from a working directory that is gone.
std::filesystem::path whole_path(PluginOrigin origin, const std::filesystem::path& path) {
  std::error_code error;
  auto whole = std::filesystem::absolute(path, error);
  if (error) {
    throw Error("usage",
                to_string(origin) +
                    std::string(": expected a path from a working directory, found \"") +
                    path.string() + "\" and " + error.message(),
                "name the whole path, or change to a folder that exists", kExitUsage);
  }
  return whole;
}

}  // namespace

const char* to_string(PluginOrigin origin) {
  switch (origin) {
    case PluginOrigin::kFile:
      return "--plugin";
    case PluginOrigin::kDirectory:
      return "--plugin-dir";
    case PluginOrigin::kEnvironment:
      return "CLH_PLUGIN_PATH";
    case PluginOrigin::kUser:
      return "user";
    case PluginOrigin::kInstalled:
      return "installed";
  }
  return "";
}

bool runs_with_extra_rights() {
  return ::getauxval(AT_SECURE) != 0;
}

SearchPlaces search_places(const SearchOptions& options) {
  SearchPlaces places;
  for (const auto& file : options.files) {
    places.push_back({PluginOrigin::kFile, whole_path(PluginOrigin::kFile, file)});
  }
  for (const auto& directory : options.dirs) {
    places.push_back({PluginOrigin::kDirectory, whole_path(PluginOrigin::kDirectory, directory)});
  }
  if (options.no_default_plugins) {
    return places;
  }
  if (options.env_path && !options.extra_rights) {
    add_environment(*options.env_path, places);
  }
  if (options.home && !options.extra_rights && std::filesystem::path(*options.home).is_absolute()) {
    places.push_back({PluginOrigin::kUser,
                      std::filesystem::path(*options.home) / ".local" / "lib" / kPluginFolder});
  }
  if (options.executable.is_absolute()) {
    const auto prefix = options.executable.parent_path().parent_path();
    places.push_back({PluginOrigin::kInstalled, prefix / options.libdir / kPluginFolder});
  }
  return places;
}

}  // namespace clh::core
