// Plugin trust: who could have changed a plugin, and whether it is the one that was locked.
#pragma once

#include <filesystem>
#include <optional>

#include "core/plugins/lock_file.hpp"
#include "core/plugins/plugin_file.hpp"

namespace clh::core {

/// Returns: the path of this program, links resolved. Empty if nothing follows from where it lies:
///          a program with more rights than its user may have been linked to any place.
std::filesystem::path trusted_executable();

/// Which of the sound plugins may be used. The plugins that lie beside the executable are as good
/// as that one.
struct TrustRules {
  bool allow_insecure = false;  // --allow-insecure-plugins: no permission is looked at
  std::filesystem::path executable = trusted_executable();
  std::optional<LockFile> lock;  // --locked: nothing else is used
};

/// Refuses a plugin that somebody else could change: the file and every folder above it must belong
/// to root or to the user, and must not be writable by group or others. A folder that is sticky
/// (a temporary directory) may be writable, and a folder that holds the executable is as good as
/// that one.
/// Inputs:  executable absolute or empty. Set-user-id programs count as the user whose rights they
///          have.
/// Errors:  Error `insecure-path`, exit 3, naming the file or the folder.
void check_permissions(const PluginFile& file, const std::filesystem::path& executable);

}  // namespace clh::core
