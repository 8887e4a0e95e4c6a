// ElfSymbols: what a shared object exports and asks for, as far as the contract limits it.
#pragma once

#include <string>
#include <vector>

namespace clh::core {

struct ElfSymbols {
  std::vector<std::string> exported;  // defined, global or weak
  std::vector<std::string> unique;    // of those, STB_GNU_UNIQUE
  std::vector<std::string> versions;  // needed symbol versions: "GLIBC_2.34", "GLIBCXX_3.4.30"
  std::string search_path;            // DT_RPATH or DT_RUNPATH, empty = none
  bool text_relocations = false;
  bool executable_stack = false;  // PT_GNU_STACK missing or with execute permission
};

/// Reads the dynamic symbols of a file that read_elf has accepted.
/// Inputs:  descriptor open for reading; where names the file in errors.
/// Errors:  Error, exit 3: `truncated` or `not-elf` for tables that lie outside the file.
ElfSymbols read_elf_symbols(int descriptor, const std::string& where);

}  // namespace clh::core
