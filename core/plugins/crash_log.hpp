// Crash log: which plugin files ended the child process that ran their code.
#pragma once

#include <filesystem>
#include <string>

#include "core/plugins/plugin_file.hpp"

namespace clh::core {

/// One small file for each plugin below a cache folder; forgotten when the plugin's file changes.
/// It is a convenience: what cannot be read or written is as if it were not there.
class CrashLog final {
 public:
  /// Inputs:  folder need not exist; an empty one remembers nothing.
  explicit CrashLog(std::filesystem::path folder);

  /// Remembers that a plugin ended its child today.
  /// Inputs:  how is one word, "crashed" or "hung"; plugin canonical; identity as it was scanned.
  void add(const std::filesystem::path& plugin, const FileIdentity& identity,
           const std::string& how) const;

  /// Returns: "crashed 2026-11-21"; empty if nothing is known of the file as it is now.
  std::string find(const std::filesystem::path& plugin, const FileIdentity& identity) const;

 private:
  std::filesystem::path file_of(const std::filesystem::path& plugin) const;

  std::filesystem::path folder_;
};

}  // namespace clh::core
