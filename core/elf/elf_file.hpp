#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace clh::core {

/// What a shared object says about itself without being mapped or executed.
struct ElfFile {
  std::uint16_t machine = 0;        // e_machine, compared by the gates
  std::vector<std::string> needed;  // DT_NEEDED, in the file's order
  std::string note;                 // text of the clh note, as stored
};

/// Reads headers, DT_NEEDED and the note of a 64-bit little-endian shared object. Reads only the
/// pieces it needs, checks every offset against the file's size, and accepts no dynamic section
/// that the dynamic linker would read differently.
/// Inputs:  descriptor open for reading; where names the file in errors.
/// Errors:  Error, exit 3: `not-elf` (no ELF, no shared object, or headers that contradict each
///          other), `truncated`, `wrong-arch` (32-bit or big-endian), `no-note`, `bad-note` (two
///          notes, more than 64 KiB, or a damaged note segment).
ElfFile read_elf(int descriptor, const std::string& where);

/// The same for an image in memory.
ElfFile read_elf(const void* data, std::size_t size, const std::string& where);

}  // namespace clh::core
