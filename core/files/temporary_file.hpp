// TemporaryFile: a name in the temporary directory that is removed again.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

namespace clh::core {

class TemporaryFile final {
 public:
  /// Errors: std::system_error when there is no room.
  TemporaryFile() {
    auto name = (std::filesystem::temp_directory_path() / "cl-host-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file < 0) {
      throw std::system_error(errno, std::generic_category(), "expected a temporary file");
    }
    ::close(file);
    path_ = name;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace clh::core
