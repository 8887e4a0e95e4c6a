// The symbols of a file whose headers were accepted, as `cl-host validate` reads them.
#include <cstddef>
#include <cstdint>

#include "core/elf/elf_file.hpp"
#include "core/elf/elf_symbols.hpp"
#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/memory_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    clh::core::read_elf(data, size, "x.so");
    const clh::test::MemoryFile file(data, size);
    clh::core::read_elf_symbols(file.descriptor(), "x.so");
  } catch (const clh::core::Error& error) {
    clh::test::demand_readable(error, "x.so: expected ", clh::core::kExitPlugin);
  }
  return 0;
}
