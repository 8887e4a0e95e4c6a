// A lock file: what is accepted says the same when it is written again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/plugins/lock_file.hpp"
#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/memory_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using clh::core::LockFile;
  const clh::test::MemoryFile file(data, size);
  try {
    const std::string text = LockFile::read(file.path()).text();
    const clh::test::MemoryFile written(text.data(), text.size());
    const std::string again = LockFile::read(written.path()).text();
    clh::test::demand(again == text, "a written lock to give itself", text + "\nand " + again);
  } catch (const clh::core::Error& error) {
    clh::test::demand_readable(error, "", clh::core::kExitUsage);
  }
  return 0;
}
