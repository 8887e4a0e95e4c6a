#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <elf.h>

namespace clh::test {

/// The text of a plugin's note; every field may be changed before text() is called.
struct NoteText {
  std::string abi = "0.1 min=0.1", id = "org.example.er", version = "1.2.0", provides = "model:er";
  bool torch = false;
  std::string fingerprint = "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
  std::string more;  // further lines, each with its newline

  std::string text() const;
};

struct ElfNote {
  std::string text;
  std::string owner = std::string("clh\0", 4);
  std::uint32_t type = 1;
};

/// A tiny shared object that no dynamic linker would run, but that has all a reader looks at. Its
/// last byte belongs to its load segment, so every shorter file is a truncated one.
struct ElfImage {
  std::vector<ElfNote> notes = {{NoteText().text()}};
  std::vector<std::string> needed = {"libc.so.6"};
  std::uint16_t machine = EM_X86_64, type = ET_DYN;
  std::uint64_t flags_1 = 0;  // DT_FLAGS_1

  std::string bytes() const;
};

/// Returns: an image of a plugin with one note.
std::string plugin_image(const NoteText& note);

/// The parts of an image built above, for tests that damage it.
Elf64_Ehdr& header_of(std::string& image);
Elf64_Phdr& segment_of(std::string& image, std::uint32_t type);
Elf64_Dyn& entry_of(std::string& image, std::int64_t tag);

}  // namespace clh::test
