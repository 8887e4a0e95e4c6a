#include "core/elf/elf_symbols.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <set>

#include "core/elf/elf_bytes.hpp"
#include "core/error.hpp"
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace {

constexpr std::uint64_t kMaxSymbols = 1U << 20U;
constexpr std::uint64_t kMaxName = 4096;
constexpr std::uint64_t kMaxVersions = 4096;

class SymbolReader final {
 public:
  explicit SymbolReader(const ElfBytes& bytes) : bytes_(bytes) {}

  ElfSymbols read() {
    read_segments();
    read_dynamic();
    ElfSymbols result;
    result.executable_stack = executable_stack_;
    result.text_relocations =
        has(DT_TEXTREL) || (has(DT_FLAGS) && (tag(DT_FLAGS) & DF_TEXTREL) != 0);
    for (const Elf64_Sxword path : {DT_RPATH, DT_RUNPATH}) {
      if (has(path)) {
        result.search_path = text(tag(path));
      }
    }
    read_exports(result);
    read_versions(result);
    return result;
  }

 private:
  bool has(Elf64_Sxword wanted) const { return tags_.count(wanted) != 0; }
  std::uint64_t tag(Elf64_Sxword wanted) const {
    const auto found = tags_.find(wanted);
    if (found == tags_.end()) {
      bytes_.fail("not-elf",
                  "a whole dynamic segment, found one without tag " + std::to_string(wanted),
                  kCopyAgain);
    }
    return found->second;
  }

  void read_segments() {
    Elf64_Ehdr header;
    bytes_.get("ELF header", 0, &header, sizeof header);
    segments_.resize(header.e_phnum);
    bytes_.get("program headers", header.e_phoff, segments_.data(),
               segments_.size() * sizeof(Elf64_Phdr));
    for (const auto& segment : segments_) {
      if (segment.p_type == PT_GNU_STACK) {
        executable_stack_ = (segment.p_flags & PF_X) != 0;
      }
    }
  }

  void read_dynamic() {
    for (const auto& segment : segments_) {
      for (std::uint64_t at = 0; segment.p_type == PT_DYNAMIC && at < segment.p_filesz;
           at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        bytes_.get("dynamic segment", segment.p_offset + at, &entry, sizeof entry);
        if (entry.d_tag == DT_NULL) {
          return;
        }
        tags_[entry.d_tag] = entry.d_un.d_val;
      }
    }
  }

  /// File offset of a virtual address.
  std::uint64_t offset(std::uint64_t address) const {
    for (const auto& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        return segment.p_offset + (address - segment.p_vaddr);
      }
    }
    bytes_.fail("not-elf", "tables inside the load segments, found one outside", kCopyAgain);
  }
  template <class T>
  T at(std::uint64_t address) const {
    T value;
    bytes_.get("dynamic table", offset(address), &value, sizeof value);
    return value;
  }
  std::string text(std::uint64_t name) const {
    const auto start = offset(tag(DT_STRTAB)) + name;
    bytes_.require("name", start, 1);
    std::string result(static_cast<std::size_t>(std::min(bytes_.size() - start, kMaxName)), '\0');
    bytes_.get("name", start, result.data(), result.size());
    result.resize(std::min(result.find('\0'), result.size()));
    return result;
  }

  /// Number of dynamic symbols: from the hash table that the linker wrote.
  std::uint64_t symbol_count() const {
    if (has(DT_HASH)) {
      return at<Elf64_Word>(tag(DT_HASH) + sizeof(Elf64_Word));
    }
    if (!has(DT_GNU_HASH)) {
      return 0;
    }
    const auto table = tag(DT_GNU_HASH);
    const auto buckets = at<std::uint32_t>(table), first = at<std::uint32_t>(table + 4),
               bloom = at<std::uint32_t>(table + 8);
    const auto bucket = table + 16 + std::uint64_t{bloom} * 8;
    const auto chain = bucket + std::uint64_t{buckets} * 4;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < buckets; ++i) {
      last = std::max<std::uint64_t>(last, at<std::uint32_t>(bucket + i * 4));
    }
    if (last < first) {
      return first;  // no exported symbol at all
    }
    while (last < kMaxSymbols && (at<std::uint32_t>(chain + (last - first) * 4) & 1U) == 0) {
      ++last;
    }
    return last + 1;
  }

  void read_exports(ElfSymbols& result) const {
    if (!has(DT_SYMTAB) || !has(DT_STRTAB)) {
      return;
    }
    const auto count = std::min(symbol_count(), kMaxSymbols);
    for (std::uint64_t i = 1; i < count; ++i) {
      const auto symbol = at<Elf64_Sym>(tag(DT_SYMTAB) + i * sizeof(Elf64_Sym));
      const auto binding = ELF64_ST_BIND(symbol.st_info);
      const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      if (symbol.st_shndx == SHN_UNDEF || binding == STB_LOCAL || visibility == STV_HIDDEN ||
          visibility == STV_INTERNAL) {
        continue;
      }
      result.exported.push_back(text(symbol.st_name));
      if (binding == STB_GNU_UNIQUE) {
        result.unique.push_back(result.exported.back());
      }
    }
    std::sort(result.exported.begin(), result.exported.end());
  }

  void read_versions(ElfSymbols& result) const {
    if (!has(DT_VERNEED) || !has(DT_VERNEEDNUM)) {
      return;
    }
    std::set<std::string> names;
    std::uint64_t visited = 0;  // the lists may be made to run in circles, or for ever
    auto file = tag(DT_VERNEED);
    for (std::uint64_t i = 0; i < tag(DT_VERNEEDNUM); ++i) {
      const auto need = at<Elf64_Verneed>(file);
      auto entry = file + need.vn_aux;
      for (int k = 0; k < need.vn_cnt; ++k) {
        const auto aux = at<Elf64_Vernaux>(entry);
        names.insert(text(aux.vna_name));
        entry += aux.vna_next;
        if (++visited > kMaxVersions) {
          bytes_.fail(
              "not-elf",
              "at most " + std::to_string(kMaxVersions) + " needed symbol versions, found more",
              kCopyAgain);
        }
      }
      if (need.vn_next == 0) {
        break;
      }
      file += need.vn_next;
    }
    result.versions.assign(names.begin(), names.end());
  }

  const ElfBytes& bytes_;
  std::vector<Elf64_Phdr> segments_;
  std::map<Elf64_Sxword, std::uint64_t> tags_;
  bool executable_stack_ = true;  // what the kernel assumes without PT_GNU_STACK
};

}  // namespace

ElfSymbols read_elf_symbols(int descriptor, const std::string& where) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) {
    throw Error("not-elf", where + ": expected a readable file, found none", kBuildPlugin,
                kExitPlugin);
  }
  const auto read_at = [descriptor](std::uint64_t offset, void* to, std::size_t count) {
    return ::pread(descriptor, to, count, static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(count);
  };
  const ElfBytes bytes(read_at, static_cast<std::uint64_t>(status.st_size), where);
  return SymbolReader(bytes).read();
}

}  // namespace clh::core
