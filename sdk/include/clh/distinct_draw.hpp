// Distinct draw: numbers drawn uniformly without replacement, in random order.
#pragma once
#include <clh/random.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Draws min(count, n) different numbers of 0 .. n-1: the first steps of a Fisher-Yates shuffle.
/// Inputs:  n >= 0, count >= 0. A draw of `count` takes `count` words of the stream and, rarely, a
///          few more that replace rejected ones.
inline std::vector<std::int64_t> draw_distinct(WordStream& stream, std::int64_t n,
                                               std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::vector<std::uint64_t> words(static_cast<std::size_t>(std::min(count, n)));
  if (!words.empty()) {
    stream.words(words.data(), static_cast<std::int64_t>(words.size()));
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto left = n - static_cast<std::int64_t>(i);
    std::swap(order[i], order[i + static_cast<std::size_t>(stream.reduce(words[i], left))]);
  }
  order.resize(words.size());
  return order;
}

}  // namespace clh
