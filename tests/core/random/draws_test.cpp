#include "core/random/draws.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "core/random/rng_streams.hpp"
#include <gtest/gtest.h>

namespace draws_test {

using clh::core::below;
using clh::core::derive_key;
using clh::core::permutation;
using clh::core::SequentialStream;
using clh::core::uniform;

/// Hands out given words.
struct Script {
  std::vector<std::uint64_t> next;
  std::size_t used = 0;
  void words(std::uint64_t* out, std::int64_t n) {
    while (n-- > 0) {
      *out++ = next.at(used++);
    }
  }
};

double chi_square(const std::vector<double>& counts, double expected) {
  double sum = 0;
  for (const double count : counts) {
    sum += (count - expected) * (count - expected) / expected;
  }
  return sum;
}

TEST(Below, RejectsExactlyTheWordsBelowTheRemainder) {
  Script three{{0, 1}};  // 2^64 mod 3 = 1, so 0 is rejected and 1 is not
  EXPECT_EQ(below(three, 3), 1U);
  EXPECT_EQ(three.used, 2U);
  const std::uint64_t n = (std::uint64_t{1} << 63) + 1;  // 2^64 mod n = 2^63 - 1
  Script large{{(std::uint64_t{1} << 63) - 2, (std::uint64_t{1} << 63) - 1}};
  EXPECT_EQ(below(large, n), (std::uint64_t{1} << 63) - 1);
  EXPECT_EQ(large.used, 2U);
  Script power{{0}};  // a power of two rejects nothing
  EXPECT_EQ(below(power, 8), 0U);
  Script one{{42}};
  EXPECT_EQ(below(one, 1), 0U);
}

TEST(Below, IsUniform) {
  SequentialStream stream(derive_key(0, "", "split"));
  std::vector<double> counts(10, 0);
  for (int i = 0; i < 100000; ++i) {
    ++counts[below(stream, 10)];
  }
  EXPECT_LT(chi_square(counts, 10000), 27.88);  // 9 degrees of freedom, p = 0.001
}

TEST(Uniform, UsesTheUpper53Bits) {
  Script ends{{0, 0x7ff, 0x800, ~std::uint64_t{0}}};
  EXPECT_EQ(uniform(ends), 0.0);
  EXPECT_EQ(uniform(ends), 0.0);
  EXPECT_EQ(uniform(ends), 0x1.0p-53);
  EXPECT_EQ(uniform(ends), 1.0 - 0x1.0p-53);
}

TEST(Permutation, SwapsFromTheTop) {
  // i = 3: j = 5 % 4 = 1; i = 2: j = 3 % 3 = 0; i = 1: j = 9 % 2 = 1 (stays).
  Script script{{5, 3, 9}};
  EXPECT_EQ(permutation(script, 4), (std::vector<std::int64_t>{2, 3, 0, 1}));
  EXPECT_EQ(script.used, 3U);
  Script none;
  EXPECT_EQ(permutation(none, 1), std::vector<std::int64_t>{0});
  EXPECT_TRUE(permutation(none, 0).empty());
}

TEST(Permutation, IsPinned) {  // same Python as the pinned words in rng_streams_test.cpp
  SequentialStream stream(derive_key(0, "", "init"));
  EXPECT_EQ(permutation(stream, 10), (std::vector<std::int64_t>{4, 5, 2, 0, 3, 9, 6, 1, 8, 7}));
  stream.seek(0);
  EXPECT_EQ(uniform(stream), 0.4406448382866055);
}

TEST(Permutation, MakesEveryOrderEquallyOften) {
  SequentialStream stream(derive_key(0, "", "shuffle"));
  std::map<std::vector<std::int64_t>, double> seen;
  for (int i = 0; i < 24000; ++i) {
    ++seen[permutation(stream, 4)];
  }
  ASSERT_EQ(seen.size(), 24U);
  std::vector<double> counts;
  std::transform(seen.begin(), seen.end(), std::back_inserter(counts),
                 [](const auto& entry) { return entry.second; });
  EXPECT_LT(chi_square(counts, 1000), 49.73);  // 23 degrees of freedom, p = 0.001
}

}  // namespace draws_test
