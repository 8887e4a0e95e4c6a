#include "core/stream/sample_list.hpp"

#include "core/files/sha256.hpp"

namespace clh::core {

SampleList::SampleList(std::vector<std::int64_t> indices) {
  std::string bytes;
  bytes.reserve(indices.size() * 8);
  for (const auto index : indices) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes += static_cast<char>(static_cast<std::uint64_t>(index) >> shift);
    }
  }
  auto hash = sha256_hex(bytes.data(), bytes.size());
  kept_ = std::make_shared<const Kept>(Kept{std::move(indices), std::move(hash)});
}

}  // namespace clh::core
