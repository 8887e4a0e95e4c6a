// Distinct draw: numbers drawn uniformly without replacement, in random order.
#pragma once
#include <clh/random.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Draws from numbers that stay the same from draw to draw without listing them anew.
class DistinctDraw {
 public:
  /// Draws min(count, n) different numbers of 0 .. n-1: the first steps of a Fisher-Yates shuffle of
  /// the identity, which is restored afterwards.
  /// Inputs:  n >= 0, count >= 0. A draw of `count` takes `count` words of the stream and, rarely, a
  ///          few more that replace rejected ones.
  std::vector<std::int64_t> operator()(RandomStream& stream, std::int64_t n, std::int64_t count) {
    while (static_cast<std::int64_t>(identity_.size()) < n) {
      identity_.push_back(static_cast<std::int64_t>(identity_.size()));
    }
    std::vector<std::uint64_t> words(static_cast<std::size_t>(std::min(count, n)));
    if (!words.empty()) {
      stream.words(words.data(), static_cast<std::int64_t>(words.size()));
    }
    std::vector<std::size_t> swapped(words.size());
    for (std::size_t i = 0; i < swapped.size(); ++i) {
      const auto left = n - static_cast<std::int64_t>(i);
      swapped[i] = i + static_cast<std::size_t>(stream.reduce(words[i], left));
      std::swap(identity_[i], identity_[swapped[i]]);
    }
    std::vector<std::int64_t> drawn(identity_.begin(),
                                    identity_.begin() + static_cast<std::ptrdiff_t>(words.size()));
    for (std::size_t i = swapped.size(); i-- > 0;) {
      std::swap(identity_[i], identity_[swapped[i]]);
    }
    return drawn;
  }

 private:
  std::vector<std::int64_t> identity_;  // 0, 1, ... between two draws
};

/// A single draw of min(count, n) different numbers of 0 .. n-1.
inline std::vector<std::int64_t> draw_distinct(RandomStream& stream, std::int64_t n,
                                               std::int64_t count) {
  return DistinctDraw()(stream, n, count);
}

}  // namespace clh
