// A data file of the IDX format, plain or gzip.
#include <clh/data/idx.hpp>

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/memory_file.hpp"

using clh::test::demand;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const clh::test::MemoryFile file(data, size);
  const std::string where = file.path().string() + ": expected ";
  try {
    const clh::Bytes bytes = clh::read_idx(file.path());
    std::size_t count = 1;
    for (const std::int64_t extent : bytes.shape) {
      demand(extent >= 1, "sizes of at least 1", std::to_string(extent));
      count *= static_cast<std::size_t>(extent);
    }
    demand(bytes.data.size() == count, "as many bytes as the sizes say",
           std::to_string(bytes.data.size()));
  } catch (const clh::UsageError& error) {
    const std::string text = error.what();
    demand(text.compare(0, where.size(), where) == 0, "a text that begins with the file", text);
    demand(clh::core::is_printable(text), "printable text", text);
  }
  return 0;
}
