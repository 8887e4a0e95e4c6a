#include "core/plugins/plugin_trust.hpp"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "core/error.hpp"
#include "core/plugins/search_path.hpp"
#include "core/text/shell_word.hpp"
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace {

namespace fs = std::filesystem;

constexpr char kOrAllow[] = ", or pass --allow-insecure-plugins";

[[noreturn]] void refuse(const fs::path& plugin, const std::string& found, const std::string& fix) {
  throw Error(
      "insecure-path",
      plugin.string() + ": expected a file that only you and root can change, found " + found,
      fix + kOrAllow, kExitPlugin);
}

std::string mode_text(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777U));
  return text;
}

// `what` is "it" or "its folder /a".
void check(const struct stat& status, const fs::path& path, const std::string& what,
           const fs::path& plugin) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    refuse(plugin, what + " owned by user " + std::to_string(status.st_uid),
           "copy the plugin to a folder of your own");
  }
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  const mode_t open_to = status.st_mode & (S_IWGRP | S_IWOTH);
  if (open_to != 0 && !sticky) {
    refuse(plugin,
           what + " writable by " + ((open_to & S_IWOTH) != 0 ? "others" : "its group") +
               " (mode " + mode_text(status.st_mode) + ")",
           "chmod go-w " + shell_word(path.string()));
  }
}

bool holds(const fs::path& folder, const fs::path& file) {
  for (fs::path above = file; above.has_relative_path();) {
    above = above.parent_path();
    if (above == folder) {
      return true;
    }
  }
  return false;
}

}  // namespace

fs::path trusted_executable() {
  if (runs_with_extra_rights()) {
    return {};
  }
  std::error_code error;
  const auto path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : path;
}

void check_permissions(const PluginFile& file, const fs::path& executable) {
  struct stat status = {};
  if (::fstat(file.descriptor(), &status) != 0) {
    refuse(file.path(), "its permissions unreadable", "check the file system");
  }
  check(status, file.path(), "it", file.path());
  for (fs::path folder = file.path().parent_path();; folder = folder.parent_path()) {
    if (!holds(folder, executable)) {
      if (::stat(folder.c_str(), &status) != 0) {
        refuse(file.path(),
               "the permissions of its folder " + folder.string() + " unreadable (" +
                   std::generic_category().message(errno) + ")",
               "copy the plugin to a folder of your own");
      }
      check(status, folder, "its folder " + folder.string(), file.path());
    }
    if (!folder.has_relative_path()) {
      return;
    }
  }
}

}  // namespace clh::core
