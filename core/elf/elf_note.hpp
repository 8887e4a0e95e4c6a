#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/elf/elf_bytes.hpp"
#include <elf.h>

namespace clh::core {

constexpr std::size_t kMaxNoteBytes = std::size_t{64} * 1024;

/// Reads the text of the note with owner "clh" and type 1 among the PT_NOTE segments.
/// Errors:  Error, exit 3: `no-note`; `bad-note` for two such notes, for one above kMaxNoteBytes
/// and
///          for a damaged note segment; `truncated`.
std::string read_elf_note(const ElfBytes& bytes, const std::vector<Elf64_Phdr>& segments);

}  // namespace clh::core
