// A checkpoint. Random bytes never have the right checksums, so each is made right before reading.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/state/checkpoint.hpp"
#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/memory_file.hpp"
#include <zlib.h>

namespace {

template <class T>
T number_at(const std::string& file, std::size_t at) {
  T value;
  std::memcpy(&value, file.data() + at, sizeof value);
  return value;
}

/// Writes the checksum of every entry that lies whole in the file, see checkpoint.hpp.
void mend_checksums(std::string& file) {
  constexpr std::size_t kMagic = 12, kKey = 5, kSum = 4;
  for (std::size_t start = kMagic; start < file.size();) {
    if (file.size() - start < kKey) {
      return;
    }
    const std::size_t key_end = start + kKey + number_at<std::uint32_t>(file, start + 1);
    if (key_end + 8 > file.size()) {
      return;
    }
    const auto payload = number_at<std::uint64_t>(file, key_end);
    if (payload > file.size() || key_end + 8 + payload + kSum > file.size()) {
      return;
    }
    const std::size_t end = key_end + 8 + payload;
    const auto sum = static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(file.data() + start), end - start));
    std::memcpy(file.data() + end, &sum, sizeof sum);
    start = end + kSum;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  mend_checksums(bytes);
  const clh::test::MemoryFile file(bytes.data(), bytes.size());
  try {
    const auto root = clh::core::read_checkpoint(file.path());
    for (const auto& [key, value] : root->values) {
      if (const auto* tensor = std::get_if<at::Tensor>(&value); tensor && tensor->defined()) {
        clh::test::demand(tensor->nbytes() <= size, "no tensor larger than the file", key);
      }
    }
  } catch (const clh::core::Error& error) {
    clh::test::demand(error.slug() == "state", "state", error.slug());
    clh::test::demand_readable(error, file.path().string() + ": expected ", clh::core::kExitUsage);
  }
  return 0;
}
