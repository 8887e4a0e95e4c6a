#include "core/files/atomic_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include "core/files/output_file.hpp"
#include "core/files/unwritable.hpp"
#include <fcntl.h>
#include <unistd.h>

namespace clh::core {
namespace {

// Makes the rename itself durable.
void sync_directory(const std::filesystem::path& directory, const std::filesystem::path& shown_as) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    // A directory that may be written but not read: its files are written all the same.
    return;
  }
  const int failure = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failure != 0 && failure != EINVAL) {  // EINVAL: a file system that cannot tell
    throw_unwritable(shown_as, "the file to reach the disk", failure);
  }
}

/// What must not be replaced by a file, in words; "" for a file, a link and nothing at all.
std::string other_kind(const std::filesystem::path& path) {
  std::error_code ignored;
  switch (std::filesystem::symlink_status(path, ignored).type()) {
    case std::filesystem::file_type::directory:
      return "a directory";
    case std::filesystem::file_type::fifo:
      return "a fifo";
    case std::filesystem::file_type::socket:
      return "a socket";
    case std::filesystem::file_type::block:
    case std::filesystem::file_type::character:
      return "a device";
    default:
      return "";
  }
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  if (const auto found = other_kind(path); !found.empty()) {
    throw_unwritable(path, "a file that can be replaced", found);
  }
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  // In the same directory, because a rename does not cross file systems.
  const auto temporary =
      directory / ("." + path.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
  // A file of this name was left by a killed process whose number has come round again.
  ::unlink(temporary.c_str());
  try {
    OutputFile file(temporary, OutputFile::Mode::kCreate, path);
    file.write(bytes);
    file.sync();
    file.close();
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      throw_unwritable(path, "a file that can be replaced", errno);
    }
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_directory(directory, path);
}

}  // namespace clh::core
