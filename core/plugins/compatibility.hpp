#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/elf/elf_file.hpp"
#include "core/plugins/plugin_note.hpp"

namespace clh::core {

/// What the running host is, as far as a plugin must agree with it.
struct HostFingerprint {
  std::uint16_t machine = 0;                  // ELF e_machine
  int abi_major = 0, abi_minor = 0;           // CLH_ABI_MAJOR, CLH_ABI_MINOR
  std::string torch_fingerprint;              // form of the note's torch line, "" = no libtorch
  std::vector<std::string> mapped_libraries;  // paths or file names, see mapped_libraries()
  std::string sdk_dir;                        // of ClhSdkConfig.cmake, "" = not known
};

/// Refuses a plugin that this host must not load. Checks in this order: machine, ABI, LibTorch
/// fingerprint, foreign libtorch or OpenMP among the libraries it asks for.
/// Inputs:  where names the file in errors.
/// Errors:  Error, exit 3: `wrong-arch`, `abi-mismatch`, `torch-mismatch`, `foreign-runtime`; and
///          `bad-note` for a plugin that links libtorch without saying needs=torch.
void check_gates(const ElfFile& elf, const PluginNote& note, const HostFingerprint& host,
                 const std::string& where);

/// Returns: the ELF e_machine of this executable.
std::uint16_t host_machine();

/// Lists the shared objects mapped into this process.
/// Returns: paths as the dynamic linker found them, without the executable itself.
/// Thread:  any.
std::vector<std::string> mapped_libraries();

}  // namespace clh::core
