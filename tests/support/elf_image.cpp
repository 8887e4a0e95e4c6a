#include "tests/support/elf_image.hpp"

#include <stdexcept>

namespace clh::test {
namespace {

template <class Struct>
std::string raw(const Struct& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string padded(std::string bytes, std::size_t unit) {
  bytes.resize((bytes.size() + unit - 1) / unit * unit);
  return bytes;
}

std::string raw_notes(const std::vector<ElfNote>& notes) {
  std::string bytes;
  for (const ElfNote& note : notes) {
    Elf64_Nhdr head = {};
    head.n_namesz = static_cast<Elf64_Word>(note.owner.size());
    head.n_descsz = static_cast<Elf64_Word>(note.text.size());
    head.n_type = note.type;
    bytes += raw(head) + padded(note.owner, 4) + padded(note.text, 4);
  }
  return bytes;
}

Elf64_Dyn entry(std::int64_t tag, std::uint64_t value) {
  Elf64_Dyn result = {};
  result.d_tag = tag;
  result.d_un.d_val = value;
  return result;
}

Elf64_Phdr segment(std::uint32_t type, std::uint64_t offset, std::uint64_t size) {
  Elf64_Phdr result = {};
  result.p_type = type;
  result.p_offset = result.p_vaddr = offset;
  result.p_filesz = result.p_memsz = size;
  result.p_align = type == PT_NOTE ? 4 : 8;
  return result;
}

template <class Struct>
Struct& at(std::string& image, std::size_t offset) {
  return reinterpret_cast<Struct&>(image.at(offset));
}

}  // namespace

std::string NoteText::text() const {
  return "clh-plugin 1\nabi=" + abi + "\nid=" + id + "\nversion=" + version +
         "\nlicense=MIT\nprovides=" + provides + "\nneeds=" + (torch ? "torch" : "") + "\n" +
         (torch ? "torch=" + fingerprint + "\n" : "") + "cc=12.2.0 std=201703\n" + more;
}

std::string ElfImage::bytes() const {
  constexpr std::size_t kSegments = 3;
  const std::size_t dynamic_at = sizeof(Elf64_Ehdr) + kSegments * sizeof(Elf64_Phdr);
  const std::size_t strings_at = dynamic_at + (needed.size() + 4) * sizeof(Elf64_Dyn);
  std::string strings(1, '\0'), dynamic;
  for (const std::string& name : needed) {
    dynamic += raw(entry(DT_NEEDED, strings.size()));
    strings += name + '\0';
  }
  dynamic += raw(entry(DT_STRTAB, strings_at)) + raw(entry(DT_STRSZ, strings.size())) +
             raw(entry(DT_FLAGS_1, flags_1)) + raw(entry(DT_NULL, 0));
  strings = padded(strings, 8);
  const std::string note = raw_notes(notes);
  const std::size_t note_at = strings_at + strings.size();

  Elf64_Ehdr header = {};
  std::string(ELFMAG).copy(reinterpret_cast<char*>(header.e_ident), SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = type;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = kSegments;
  return raw(header) + raw(segment(PT_LOAD, 0, note_at + note.size())) +
         raw(segment(PT_DYNAMIC, dynamic_at, dynamic.size())) +
         raw(segment(PT_NOTE, note_at, note.size())) + dynamic + strings + note;
}

std::string plugin_image(const NoteText& note) {
  ElfImage image;
  image.notes = {{note.text()}};
  return image.bytes();
}

Elf64_Ehdr& header_of(std::string& image) {
  return at<Elf64_Ehdr>(image, 0);
}

Elf64_Phdr& segment_of(std::string& image, std::uint32_t type) {
  for (std::size_t i = 0; i < header_of(image).e_phnum; ++i) {
    auto& found = at<Elf64_Phdr>(image, sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr));
    if (found.p_type == type) {
      return found;
    }
  }
  throw std::out_of_range("expected a segment of that type, found none");
}

Elf64_Dyn& entry_of(std::string& image, std::int64_t tag) {
  for (std::size_t offset = segment_of(image, PT_DYNAMIC).p_offset;; offset += sizeof(Elf64_Dyn)) {
    auto& found = at<Elf64_Dyn>(image, offset);
    if (found.d_tag == tag) {
      return found;
    }
  }
}

}  // namespace clh::test
