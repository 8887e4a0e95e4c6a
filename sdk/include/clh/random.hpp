// Randomness of a component: draws from the host's named, counter-based streams.
#pragma once
#include <clh/abi.h>
#include <clh/error.hpp>

#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// One named stream. The host keeps its position, so a copy of this object continues the same
/// stream and checkpoints need nothing from the plugin.
class RandomStream {
 public:
  RandomStream(const clh_host* host, std::string name) : host_(host), name_(std::move(name)) {}

  /// Fills `out` with `n` uniform 64-bit words.
  void words(std::uint64_t* out, std::int64_t n) {
    call(host_->rng_words, host_->ctx, name_.c_str(), out, n);
  }
  std::uint64_t word() {
    std::uint64_t w = 0;
    words(&w, 1);
    return w;
  }
  /// Uniform integer in [0, n), n >= 1, by rejection: no modulo bias.
  std::int64_t below(std::int64_t n) { return reduce(word(), n); }

  /// Maps a word already drawn to [0, n), drawing again only when it must be rejected.
  std::int64_t reduce(std::uint64_t w, std::int64_t n) {
    const auto bound = static_cast<std::uint64_t>(n);
    const std::uint64_t rejected = (0 - bound) % bound;  // 2^64 mod n words would be one too many
    while (w < rejected) {
      w = word();
    }
    return static_cast<std::int64_t>(w % bound);
  }
  /// Uniform double in [0, 1) from 53 bits.
  double uniform() { return static_cast<double>(word() >> 11U) * 0x1.0p-53; }

  /// A uniform permutation of 0 .. n-1 (Fisher-Yates from the top).
  std::vector<std::int64_t> permutation(std::int64_t n) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    for (std::int64_t i = n - 1; i > 0; --i) {
      std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(below(i + 1))]);
    }
    return order;
  }

 protected:
  const clh_host* host() const { return host_; }
  const std::string& name() const { return name_; }

 private:
  const clh_host* host_;
  std::string name_;
};

}  // namespace clh
