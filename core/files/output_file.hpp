#pragma once

#include <filesystem>
#include <string_view>

namespace clh::core {

/// A file open for writing whose every failure becomes an error. It does not buffer.
class OutputFile final {
 public:
  enum class Mode {
    kCreate,  // the file must not exist yet
    kAppend,  // the file is created if it does not exist
  };

  /// Opens the file.
  /// Inputs:  shown_as is the path that error messages name.
  /// Errors:  Error `unwritable`, as for the other functions.
  OutputFile(const std::filesystem::path& path, Mode mode, std::filesystem::path shown_as);
  /// Closes the file; a failure is ignored here, so call close() first.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Writes all of `bytes`.
  void write(std::string_view bytes);
  /// Waits until the bytes are on the disk, where the file system can tell.
  void sync();
  void close();

 private:
  std::filesystem::path shown_as_;
  int descriptor_;
};

}  // namespace clh::core
