#include "core/plugins/compatibility.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/abi/abi_version.hpp"
#include "core/error.hpp"
#include "core/plugins/torch_fingerprint.hpp"
#include "core/text/identifiers.hpp"
#include <elf.h>
#include <link.h>

namespace clh::core {
namespace {

std::string rebuild(const HostFingerprint& host) {
  return "rebuild it against this host: cmake -S <source> -B b -DClhSdk_DIR=" +
         (host.sdk_dir.empty() ? "<dir>" : host.sdk_dir) + " && cmake --build b";
}

[[noreturn]] void refuse(const char* slug, const std::string& where,
                         const std::string& expected_and_found, const std::string& fix) {
  throw Error(slug, where + ": expected " + expected_and_found, fix, kExitPlugin);
}

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "arm64";
    case EM_386:
      return "i386";
    case EM_RISCV:
      return "riscv";
    default:
      return "number " + std::to_string(machine);
  }
}

void check_machine(const ElfFile& elf, const HostFingerprint& host, const std::string& where) {
  if (elf.machine != host.machine) {
    refuse("wrong-arch", where,
           "machine " + machine_name(host.machine) + ", found " + machine_name(elf.machine),
           "build it for this machine");
  }
}

void check_abi(const PluginNote& note, const HostFingerprint& host, const std::string& where) {
  const auto refusal = abi_refusal({host.abi_major, host.abi_minor},
                                   {note.abi_major, note.abi_minor, note.min_minor});
  if (!refusal.empty()) {
    throw Error("abi-mismatch", where + ": " + refusal, rebuild(host), kExitPlugin);
  }
}

// "libtorch 1.13 (cxx11abi=1)", with every further part in which the two differ.
std::string torch_text(const TorchFingerprint& shown, const TorchFingerprint& other) {
  std::string text = "libtorch " + shown.major_minor() + " (cxx11abi=" + shown.cxx11abi;
  if (shown.variant != other.variant) {
    text += ", variant=" + shown.variant;
  }
  if (shown.stl != other.stl) {
    text += ", stl=" + shown.stl;
  }
  if (shown.debugstl != other.debugstl) {
    text += ", debugstl=" + shown.debugstl;
  }
  return text + ")";
}

void check_torch(const PluginNote& note, const HostFingerprint& host, const std::string& where) {
  if (!note.needs_torch) {
    return;
  }
  const auto theirs = parse_torch_fingerprint(note.torch);
  const auto ours = parse_torch_fingerprint(host.torch_fingerprint);
  if (!theirs || !ours) {
    refuse("torch-mismatch", where,
           "a plugin built for libtorch \"" + host.torch_fingerprint + "\", found \"" + note.torch +
               "\"",
           rebuild(host));
  }
  if (!compatible(*ours, *theirs)) {
    refuse("torch-mismatch", where,
           "a plugin built for " + torch_text(*ours, *theirs) + ", found " +
               torch_text(*theirs, *ours),
           rebuild(host));
  }
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_torch_library(std::string_view name) {
  return starts_with(name, "libtorch") || starts_with(name, "libc10");
}

// LLVM's and Intel's runtimes (libomp.so.5, libomp5.so, libiomp5.so), not libraries such as
// libompl.
bool is_foreign_openmp(std::string_view name) {
  for (const std::string_view stem : {"libomp", "libiomp"}) {
    if (starts_with(name, stem)) {
      const std::string_view rest = name.substr(stem.size());
      return rest.empty() || rest.front() < 'a' || rest.front() > 'z' ||
             starts_with(rest, "target");
    }
  }
  return false;
}

// A name with a slash makes the dynamic linker open that very file, so only that path counts.
bool is_mapped(const std::string& library, const HostFingerprint& host) {
  const bool is_path = library.find('/') != std::string::npos;
  return std::any_of(host.mapped_libraries.begin(), host.mapped_libraries.end(),
                     [&](const std::string& mapped) {
                       return (is_path ? std::string_view(mapped) : base_name(mapped)) == library;
                     });
}

std::string mapped_torch_libraries(const HostFingerprint& host) {
  std::string list;
  for (const std::string& mapped : host.mapped_libraries) {
    if (is_torch_library(base_name(mapped))) {
      list += (list.empty() ? "" : ", ") + std::string(base_name(mapped));
    }
  }
  return list.empty() ? "none" : list;
}

void check_libraries(const ElfFile& elf, const PluginNote& note, const HostFingerprint& host,
                     const std::string& where) {
  for (const std::string& library : elf.needed) {
    const std::string_view name = base_name(library);
    if (is_foreign_openmp(name)) {
      refuse("foreign-runtime", where, "OpenMP from libgomp.so.1, found " + printable(library),
             "build without -fopenmp and use at::parallel_for");
    }
    if (!is_torch_library(name)) {
      continue;
    }
    if (!is_mapped(library, host)) {
      refuse(
          "foreign-runtime", where,
          "the host's libtorch (" + mapped_torch_libraries(host) + "), found " + printable(library),
          rebuild(host));
    }
    if (!note.needs_torch) {
      refuse(
          "bad-note", where,
          "needs=torch in the note of a plugin that links " + printable(library) + ", found needs=",
          "add TORCH to its clh_add_plugin call");
    }
  }
}

}  // namespace

void check_gates(const ElfFile& elf, const PluginNote& note, const HostFingerprint& host,
                 const std::string& where) {
  check_machine(elf, host, where);
  check_abi(note, host, where);
  check_torch(note, host, where);
  check_libraries(elf, note, host, where);
}

std::uint16_t host_machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#else
#error "expected x86-64 or arm64: add this machine here"
#endif
}

std::vector<std::string> mapped_libraries() {
  std::vector<std::string> names;
  const auto collect = [](dl_phdr_info* info, std::size_t, void* list) {
    if (info->dlpi_name != nullptr && info->dlpi_name[0] != '\0') {
      static_cast<std::vector<std::string>*>(list)->emplace_back(info->dlpi_name);
    }
    return 0;
  };
  dl_iterate_phdr(collect, &names);
  return names;
}

}  // namespace clh::core
