#pragma once

#include <cstdint>
#include <filesystem>

namespace clh::core {

/// Which bytes a path stood for at one moment; equal before and after loading = not swapped.
struct FileIdentity {
  std::uint64_t dev = 0, inode = 0;
  std::int64_t size = 0, mtime_ns = 0;

  bool same_file(const FileIdentity& other) const {
    return dev == other.dev && inode == other.inode;
  }
  bool operator==(const FileIdentity& other) const {
    return same_file(other) && size == other.size && mtime_ns == other.mtime_ns;
  }
  bool operator!=(const FileIdentity& other) const { return !(*this == other); }
};

/// A plugin file held open for reading, so that everything said about it concerns one inode.
class PluginFile final {
 public:
  /// Opens a regular file without following what could block (a fifo, a device).
  /// Errors:  Error, exit 3: `load-failed` if it cannot be opened, `not-elf` if it is no regular
  ///          file.
  explicit PluginFile(const std::filesystem::path& path);
  ~PluginFile();
  PluginFile(const PluginFile&) = delete;
  PluginFile& operator=(const PluginFile&) = delete;

  /// Returns: the canonical absolute path.
  const std::filesystem::path& path() const noexcept { return path_; }
  int descriptor() const noexcept { return descriptor_; }

  /// Returns: device, inode, size and time of change, asked for again at each call.
  FileIdentity identity() const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Returns: the identity of what a path stands for now; all zero if nothing is there.
FileIdentity identity_of(const std::filesystem::path& path);

}  // namespace clh::core
