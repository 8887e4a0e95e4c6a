// A whole file through all that happens before a plugin is loaded: headers, libraries, note, gates.
#include <cstddef>
#include <cstdint>

#include "core/elf/elf_file.hpp"
#include "core/plugins/compatibility.hpp"
#include "core/plugins/plugin_note.hpp"
#include "tests/fuzz/demand.hpp"

namespace {

const clh::core::HostFingerprint& host() {
  static const clh::core::HostFingerprint fingerprint{
      62, 0, 1, "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0", {"libtorch_cpu.so.1.13"},
      ""};
  return fingerprint;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto elf = clh::core::read_elf(data, size, "x.so");
    clh::test::demand(elf.note.size() <= 65536, "a note of at most 64 KiB",
                      std::to_string(elf.note.size()));
    clh::core::check_gates(elf, clh::core::parse_plugin_note(elf.note, "x.so"), host(), "x.so");
  } catch (const clh::core::Error& error) {
    clh::test::demand_readable(error, "x.so: expected ", clh::core::kExitPlugin);
    clh::test::demand(clh::core::is_printable(error.what()), "ASCII", error.what());
  }
  return 0;
}
