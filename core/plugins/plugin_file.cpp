#include "core/plugins/plugin_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include "core/error.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace {

[[noreturn]] void cannot_open(const std::filesystem::path& path, const std::error_code& error) {
  throw Error("load-failed",
              path.string() + ": expected a readable file, found \"" + error.message() + "\"",
              "check the path and its permissions", kExitPlugin);
}

FileIdentity identity_from(const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1000000000;
  FileIdentity identity;
  identity.dev = status.st_dev;
  identity.inode = status.st_ino;
  identity.size = status.st_size;
  identity.mtime_ns = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
  return identity;
}

}  // namespace

PluginFile::PluginFile(const std::filesystem::path& path) {
  std::error_code error;
  path_ = std::filesystem::canonical(path, error);
  if (error) {
    cannot_open(path, error);
  }
  struct stat status = {};  // asked before open, which some devices answer with an action
  if (::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw Error("not-elf", path_.string() + ": expected a regular file, found something else",
                "name a shared object built with clh_add_plugin", kExitPlugin);
  }
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor_ < 0) {
    cannot_open(path_, std::error_code(errno, std::generic_category()));
  }
}

PluginFile::~PluginFile() {
  ::close(descriptor_);
}

FileIdentity PluginFile::identity() const {
  struct stat status = {};
  return ::fstat(descriptor_, &status) == 0 ? identity_from(status) : FileIdentity{};
}

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? identity_from(status) : FileIdentity{};
}

}  // namespace clh::core
