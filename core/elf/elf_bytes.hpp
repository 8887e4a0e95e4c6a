#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace clh::core {

/// The bytes of one file as the ELF readers see them: every read is checked against the size, and
/// every failure names the file. Internal to elf_file.cpp and elf_note.cpp.
class ElfBytes final {
 public:
  /// Copies `count` bytes from `offset`; false if that fails. Called within the size alone.
  using ReadAt = std::function<bool(std::uint64_t offset, void* to, std::size_t count)>;

  ElfBytes(ReadAt read_at, std::uint64_t size, std::string where);

  std::uint64_t size() const noexcept { return size_; }

  /// Reads `count` bytes; `what` names them in errors.
  /// Errors:  Error `truncated`, exit 3.
  void get(const std::string& what, std::uint64_t offset, void* to, std::size_t count) const;

  /// Errors:  Error `truncated`, exit 3, unless the file holds `count` bytes from `offset` on.
  void require(const std::string& what, std::uint64_t offset, std::uint64_t count) const;

  /// Throws Error, exit 3, "<where>: expected <expected_and_found>".
  [[noreturn]] void fail(const char* slug, const std::string& expected_and_found,
                         const char* fix) const;

 private:
  ReadAt read_at_;
  std::uint64_t size_;
  std::string where_;
};

constexpr char kCopyAgain[] = "build or copy the file again";
constexpr char kBuildPlugin[] = "name a shared object built with clh_add_plugin";

}  // namespace clh::core
