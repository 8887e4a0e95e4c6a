// Draws from a WordSource: a type with `void words(std::uint64_t*, std::int64_t)`, 64 bits a word.
#pragma once
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace clh::core {

/// Draws an integer in [0, n), each exactly equally likely: words below 2^64 mod n are rejected.
/// Inputs:  n >= 1.
template <class WordSource>
std::uint64_t below(WordSource& source, std::uint64_t n) {
  const std::uint64_t rejected = (0 - n) % n;  // 2^64 mod n
  std::uint64_t word = 0;
  do {
    source.words(&word, 1);
  } while (word < rejected);
  return word % n;
}

/// Draws a multiple of 2^-53 in [0, 1) from the upper 53 bits of one word.
template <class WordSource>
double uniform(WordSource& source) {
  std::uint64_t word = 0;
  source.words(&word, 1);
  return static_cast<double>(word >> 11) * 0x1.0p-53;
}

/// Draws a permutation of 0 .. n-1; Fisher-Yates from the top: i = n-1 .. 1, j in [0, i], swap.
/// Inputs:  n >= 0.
template <class WordSource>
std::vector<std::int64_t> permutation(WordSource& source, std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i-- > 1;) {
    std::swap(order[i], order[below(source, i + 1)]);
  }
  return order;
}

}  // namespace clh::core
