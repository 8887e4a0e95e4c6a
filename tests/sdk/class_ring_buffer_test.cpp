#include <clh/memory/class_ring_buffer.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <set>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/offered_batch.hpp"
#include "tests/support/word_host.hpp"
#include <gtest/gtest.h>

namespace class_ring_buffer_test {

using clh::ClassRingBuffer;
using clh::test::offered_batch;
using clh::test::WordHost;
using Numbers = std::vector<std::int64_t>;

ClassRingBuffer ring(const WordHost& host, std::int64_t capacity) {
  return ClassRingBuffer(
      {capacity, clh::Offers::kOnce, host.stream("insert"), host.stream("sample")});
}

/// Samples first .. first + labels.size() - 1: raw [n, 1] int64 is the number itself.
void offer(ClassRingBuffer& buffer, std::int64_t first, const Numbers& labels) {
  const auto n = static_cast<std::int64_t>(labels.size());
  const auto numbers = at::arange(first, first + n);
  buffer.add(offered_batch(numbers.unsqueeze(1), at::tensor(labels, at::kLong), numbers));
}

/// All that is held of a class, ascending.
Numbers held(ClassRingBuffer& buffer, std::int64_t label) {
  const auto draw = buffer.sample(buffer.size());
  const auto own = draw.raw.flatten().index({draw.labels.eq(label)}).contiguous();
  Numbers numbers(own.data_ptr<std::int64_t>(), own.data_ptr<std::int64_t>() + own.numel());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

TEST(ClassRingBuffer, KeepsTheLastOfEachClass) {
  WordHost host;
  auto buffer = ring(host, 6);
  offer(buffer, 0, Numbers(10, 7));
  EXPECT_EQ(held(buffer, 7), (Numbers{4, 5, 6, 7, 8, 9}));
  offer(buffer, 10, {3});  // 6 / 2 each
  EXPECT_EQ(held(buffer, 7), (Numbers{7, 8, 9}));
  EXPECT_EQ(held(buffer, 3), (Numbers{10}));
  offer(buffer, 11, {7, 3, 3, 3, 7});
  EXPECT_EQ(held(buffer, 7), (Numbers{9, 11, 15}));
  EXPECT_EQ(held(buffer, 3), (Numbers{12, 13, 14}));
  offer(buffer, 16, {5, 5, 5});  // 6 / 3 each
  EXPECT_EQ(held(buffer, 7), (Numbers{11, 15}));
  EXPECT_EQ(held(buffer, 3), (Numbers{13, 14}));
  EXPECT_EQ(held(buffer, 5), (Numbers{17, 18}));
  EXPECT_EQ(buffer.size(), 6);
}

TEST(ClassRingBuffer, RefusesMoreClassesThanItHasRoomFor) {
  WordHost host;
  auto buffer = ring(host, 2);
  offer(buffer, 0, {0, 1});
  EXPECT_THROW(offer(buffer, 2, {2}), clh::UsageError);
  auto empty = ring(host, 2);
  EXPECT_THROW(empty.sample(1), clh::UsageError);
}

TEST(ClassRingBuffer, DrawsEveryPairEquallyOften) {
  WordHost host;
  auto buffer = ring(host, 4);
  offer(buffer, 0, {0, 0, 1, 1});
  std::vector<int> seen(16);
  constexpr int kDraws = 6000;  // of 12 ordered pairs
  for (int i = 0; i < kDraws; ++i) {
    const auto raw = buffer.sample(2).raw;
    ++seen[static_cast<std::size_t>(4 * raw[0].item<std::int64_t>() + raw[1].item<std::int64_t>())];
  }
  double chi_squared = 0;
  for (std::size_t a = 0; a < 4; ++a) {
    EXPECT_EQ(seen[5 * a], 0);
    for (std::size_t b = 0; b < 4; ++b) {
      chi_squared += a == b ? 0 : (seen[4 * a + b] - 500.0) * (seen[4 * a + b] - 500.0) / 500.0;
    }
  }
  EXPECT_LT(chi_squared, 31.3);  // 11 degrees of freedom, p = 0.001
}

TEST(ClassRingBuffer, GoesOnAfterLoadingAsIfNothingHadHappened) {
  WordHost host, other_host;
  auto buffer = ring(host, 5), copy = ring(other_host, 5);
  offer(buffer, 0, {0, 0, 0, 1});
  clh::core::StateRecord record;
  const clh::core::StateWriter writer(record);
  clh::Archive save(writer.table());
  save("buffer", buffer);
  const clh::core::StateReader reader(record);
  clh::Archive load(reader.table(), 1);
  load("buffer", copy);
  for (auto* each : {&buffer, &copy}) {
    offer(*each, 4, {1, 1, 2, 0});
  }
  for (std::int64_t label = 0; label < 3; ++label) {
    EXPECT_EQ(held(buffer, label), held(copy, label));
  }
}

}  // namespace class_ring_buffer_test
