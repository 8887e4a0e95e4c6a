#include "core/elf/elf_bytes.hpp"

#include <utility>

#include "core/error.hpp"

namespace clh::core {

ElfBytes::ElfBytes(ReadAt read_at, std::uint64_t size, std::string where)
    : read_at_(std::move(read_at)), size_(size), where_(std::move(where)) {}

void ElfBytes::get(const std::string& what, std::uint64_t offset, void* to,
                   std::size_t count) const {
  require(what, offset, count);
  if (!read_at_(offset, to, count)) {
    fail("truncated", "readable " + what + ", found a file that shrank or fails", kCopyAgain);
  }
}

void ElfBytes::require(const std::string& what, std::uint64_t offset, std::uint64_t count) const {
  if (offset > size_ || size_ - offset < count) {
    fail("truncated",
         std::to_string(count) + " bytes of " + what + " at offset " + std::to_string(offset) +
             ", found a file of " + std::to_string(size_) + " bytes",
         kCopyAgain);
  }
}

void ElfBytes::fail(const char* slug, const std::string& expected_and_found,
                    const char* fix) const {
  throw Error(slug, where_ + ": expected " + expected_and_found, fix, kExitPlugin);
}

}  // namespace clh::core
