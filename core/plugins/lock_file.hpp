// Lock file: the plugins that were looked at once and shall be used, these and no others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clh::core {

/// What a lock holds of one plugin.
struct LockedPlugin {
  std::string id, version, sha256;  // sha256: 64 lower-case hexadecimal digits
};

/// The content of a plugins.lock: TOML, one table `plugins."<id>"` each, sorted by id.
class LockFile final {
 public:
  /// Inputs:  plugins with distinct ids, in any order.
  explicit LockFile(std::vector<LockedPlugin> plugins);

  /// Errors:  Error `bad-option`, exit 2, if there is no such file; `bad-config`, exit 2, if it is
  ///          no lock file.
  static LockFile read(const std::filesystem::path& file);

  /// Returns: what read() reads back.
  std::string text() const;

  const std::vector<LockedPlugin>& plugins() const noexcept { return plugins_; }

  /// Refuses a plugin that is not the locked one to the last bit.
  /// Inputs:  where names the plugin's file in errors.
  /// Errors:  Error, exit 3: `not-locked`, `hash-mismatch`.
  void check(const LockedPlugin& found, const std::string& where) const;

  /// Refuses a set of plugins in which a locked one is missing: another might take its place.
  /// Inputs:  found_ids in any order, also of refused files.
  /// Errors:  Error `missing-plugin`, exit 3.
  void check_complete(const std::vector<std::string>& found_ids) const;

 private:
  std::vector<LockedPlugin> plugins_;
  std::string name_ = "the lock";  // the file's path, for errors
};

}  // namespace clh::core
