// Frozen networks: one network for each finished task, for models that never touch them again.
#pragma once
#include <clh/network.hpp>

#include <ATen/ops/constant_pad_nd.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// State of networks that are frozen copies of `source`.
inline void archive_frozen(Archive& archive, const char* key, std::vector<Network>& networks,
                           const Network& source) {
  archive.record(key, [&] {
    auto count = static_cast<std::int64_t>(networks.size());
    archive("size", count);
    if (archive.loading()) {
      networks.clear();  // grows as it is read: a damaged count ends at the first missing key
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      if (archive.loading()) {
        networks.emplace_back();
      }
      Network::archive(archive, std::to_string(i).c_str(), networks[i], source);
    }
  });
}

/// outputs [B, c] -> [B, C], where the outputs that a network frozen earlier has not are lowest.
inline at::Tensor widened(const at::Tensor& outputs, std::int64_t columns) {
  return at::constant_pad_nd(outputs, {0, columns - outputs.size(1)},
                             std::numeric_limits<float>::lowest());
}

}  // namespace clh
