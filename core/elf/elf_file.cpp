#include "core/elf/elf_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "core/elf/elf_bytes.hpp"
#include "core/elf/elf_note.hpp"
#include "core/error.hpp"
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace {

constexpr std::size_t kMaxProgramHeaders = 512;
constexpr std::size_t kMaxDynamicEntries = 4096;
constexpr std::size_t kMaxLibraryName = 4096;

class ElfReader final {
 public:
  explicit ElfReader(const ElfBytes& bytes) : bytes_(bytes) {}

  ElfFile read() {
    check_header();
    read_program_headers();
    check_segments();
    ElfFile file;
    file.machine = header_.e_machine;
    file.needed = read_needed();
    file.note = read_elf_note(bytes_, segments_);
    return file;
  }

 private:
  [[noreturn]] void damaged(const std::string& expected_and_found) const {
    bytes_.fail("not-elf", expected_and_found, kCopyAgain);
  }

  void check_header() {
    unsigned char identity[EI_NIDENT] = {};
    if (bytes_.size() == 0) {
      bytes_.fail("not-elf", "a shared object, found an empty file", kBuildPlugin);
    }
    const auto start = static_cast<std::size_t>(std::min<std::uint64_t>(bytes_.size(), EI_NIDENT));
    bytes_.get("ELF header", 0, identity, start);
    if (bytes_.size() < SELFMAG || std::memcmp(identity, ELFMAG, SELFMAG) != 0) {
      bytes_.fail("not-elf", "a shared object, found a file that is not ELF", kBuildPlugin);
    }
    bytes_.require("ELF header", 0, sizeof header_);
    if (identity[EI_CLASS] != ELFCLASS64 || identity[EI_DATA] != ELFDATA2LSB) {
      const bool narrow = identity[EI_CLASS] != ELFCLASS64;
      bytes_.fail("wrong-arch",
                  std::string("a 64-bit little-endian shared object, found a ") +
                      (narrow ? "32-bit" : "big-endian") + " one",
                  "build it for this machine");
    }
    bytes_.get("ELF header", 0, &header_, sizeof header_);
    if (header_.e_type != ET_DYN) {
      bytes_.fail("not-elf",
                  "a shared object (ELF type 3), found ELF type " + std::to_string(header_.e_type),
                  kBuildPlugin);
    }
  }

  void read_program_headers() {
    if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum > kMaxProgramHeaders) {
      damaged("at most " + std::to_string(kMaxProgramHeaders) + " program headers of " +
              std::to_string(sizeof(Elf64_Phdr)) + " bytes, found " +
              std::to_string(header_.e_phnum) + " of " + std::to_string(header_.e_phentsize));
    }
    segments_.resize(header_.e_phnum);
    bytes_.get("program headers", header_.e_phoff, segments_.data(),
               segments_.size() * sizeof(Elf64_Phdr));
  }

  // The dynamic linker maps the segments as they stand: one outside the file ends in SIGBUS.
  void check_segments() const {
    std::uint64_t mapped_until = 0;
    bool any = false;
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC || segment.p_type == PT_NOTE) {
        bytes_.require("segment", segment.p_offset, segment.p_filesz);
      }
      if (segment.p_type != PT_LOAD) {
        continue;
      }
      const std::uint64_t end = segment.p_vaddr + segment.p_memsz;
      if (segment.p_filesz > segment.p_memsz || end < segment.p_vaddr ||
          (any && segment.p_vaddr < mapped_until)) {
        damaged("load segments that follow one another, found overlapping or oversized ones");
      }
      mapped_until = end;
      any = true;
    }
    if (!any) {
      damaged("a load segment, found none");
    }
  }

  // File offset of `count` bytes at a virtual address, if one load segment holds them all.
  std::optional<std::uint64_t> offset_of(std::uint64_t address, std::uint64_t count) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz &&
          segment.p_filesz - (address - segment.p_vaddr) >= count) {
        return segment.p_offset + (address - segment.p_vaddr);
      }
    }
    return std::nullopt;
  }

  // Entries up to DT_NULL. The dynamic linker finds them by address and stops at DT_NULL alone, so
  // both must agree with what is read here.
  std::vector<Elf64_Dyn> read_dynamic() const {
    const auto is_dynamic = [](const Elf64_Phdr& segment) { return segment.p_type == PT_DYNAMIC; };
    const auto found = std::find_if(segments_.begin(), segments_.end(), is_dynamic);
    if (found == segments_.end() || std::any_of(found + 1, segments_.end(), is_dynamic)) {
      damaged("one dynamic segment, found none or several");
    }
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>(found->p_filesz / sizeof(Elf64_Dyn), kMaxDynamicEntries));
    if (offset_of(found->p_vaddr, count * sizeof(Elf64_Dyn)) != found->p_offset) {
      damaged("a dynamic segment inside a load segment, found one elsewhere");
    }
    std::vector<Elf64_Dyn> entries(count);
    bytes_.get("dynamic segment", found->p_offset, entries.data(), count * sizeof(Elf64_Dyn));
    const auto end = std::find_if(entries.begin(), entries.end(),
                                  [](const Elf64_Dyn& entry) { return entry.d_tag == DT_NULL; });
    if (end == entries.end()) {
      damaged("a dynamic segment with an end, found none in " + std::to_string(count) + " entries");
    }
    entries.erase(end, entries.end());
    return entries;
  }

  std::vector<std::string> read_needed() const {
    std::uint64_t table = 0, table_size = 0, flags = 0;
    std::vector<std::uint64_t> names;
    for (const Elf64_Dyn& entry : read_dynamic()) {
      switch (entry.d_tag) {
        case DT_STRTAB:
          table = entry.d_un.d_ptr;
          break;
        case DT_STRSZ:
          table_size = entry.d_un.d_val;
          break;
        case DT_FLAGS_1:
          flags = entry.d_un.d_val;
          break;
        case DT_NEEDED:
          names.push_back(entry.d_un.d_val);
          break;
        default:
          break;
      }
    }
    if ((flags & DF_1_PIE) != 0) {
      bytes_.fail("not-elf", "a shared object, found an executable", kBuildPlugin);
    }
    const auto start = offset_of(table, table_size);
    if (!start) {
      damaged("a string table inside a load segment, found none");
    }
    std::vector<std::string> needed;
    for (const std::uint64_t name : names) {
      if (name >= table_size) {
        damaged("library names inside the string table, found one outside");
      }
      needed.push_back(read_name(*start + name, table_size - name));
    }
    return needed;
  }

  std::string read_name(std::uint64_t offset, std::uint64_t limit) const {
    for (const std::size_t guess : {std::size_t{128}, kMaxLibraryName}) {
      std::string name(static_cast<std::size_t>(std::min<std::uint64_t>(guess, limit)), '\0');
      bytes_.get("library name", offset, name.data(), name.size());
      if (const auto end = name.find('\0'); end != std::string::npos) {
        name.resize(end);
        return name;
      }
    }
    damaged("library names with an end, found one without");
  }

  const ElfBytes& bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
};

bool pread_all(int descriptor, std::uint64_t offset, void* to, std::size_t count) {
  auto* bytes = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got = ::pread(descriptor, bytes, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    bytes += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

ElfFile read_elf(int descriptor, const std::string& where) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    throw Error("not-elf", where + ": expected a regular file, found something else", kBuildPlugin,
                kExitPlugin);
  }
  const auto read_at = [descriptor](std::uint64_t offset, void* to, std::size_t count) {
    return pread_all(descriptor, offset, to, count);
  };
  const ElfBytes bytes(read_at, static_cast<std::uint64_t>(status.st_size), where);
  return ElfReader(bytes).read();
}

ElfFile read_elf(const void* data, std::size_t size, const std::string& where) {
  const auto read_at = [data](std::uint64_t offset, void* to, std::size_t count) {
    if (count > 0) {  // the reader has checked the bounds
      std::memcpy(to, static_cast<const char*>(data) + offset, count);
    }
    return true;
  };
  const ElfBytes bytes(read_at, size, where);
  return ElfReader(bytes).read();
}

}  // namespace clh::core
