#include "core/files/output_file.hpp"

#include <cerrno>
#include <utility>

#include "core/files/unwritable.hpp"
#include <fcntl.h>
#include <unistd.h>

namespace clh::core {

OutputFile::OutputFile(const std::filesystem::path& path, Mode mode, std::filesystem::path shown_as)
    : shown_as_(std::move(shown_as)) {
  const int how = mode == Mode::kCreate ? O_EXCL : O_APPEND;
  do {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) {
    throw_unwritable(shown_as_, "a file that can be created", errno);
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      throw_unwritable(shown_as_, "room for the whole file", written < 0 ? errno : ENOSPC);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::sync() {
  // EINVAL: a pipe or a file system that cannot tell.
  if (::fsync(descriptor_) != 0 && errno != EINVAL) {
    throw_unwritable(shown_as_, "the file to reach the disk", errno);
  }
}

void OutputFile::close() {
  // Some file systems report a full disk only here. The descriptor is gone whatever the answer.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    throw_unwritable(shown_as_, "the file to reach the disk", errno);
  }
}

}  // namespace clh::core
