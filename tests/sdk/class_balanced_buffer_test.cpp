#include <clh/memory/class_balanced_buffer.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/offered_batch.hpp"
#include "tests/support/word_host.hpp"
#include <gtest/gtest.h>

namespace class_balanced_buffer_test {

using clh::ClassBalancedBuffer;
using clh::test::offered_batch;
using clh::test::WordHost;
using Counts = std::map<std::int64_t, std::int64_t>;
using Labels = std::vector<std::int64_t>;

ClassBalancedBuffer balanced(const WordHost& host, std::int64_t capacity) {
  return ClassBalancedBuffer(
      {capacity, clh::Offers::kOnce, host.stream("insert"), host.stream("sample")});
}

/// Samples first .. first + labels.size() - 1: raw [n, 1] int64 is the number itself.
std::int64_t offer(ClassBalancedBuffer& buffer, std::int64_t first, const Labels& labels) {
  const auto n = static_cast<std::int64_t>(labels.size());
  const auto numbers = at::arange(first, first + n);
  return buffer.add(offered_batch(numbers.unsqueeze(1), at::tensor(labels, at::kLong), numbers));
}

Labels held(const ClassBalancedBuffer& buffer) {
  Labels slots(static_cast<std::size_t>(buffer.size()));
  std::iota(slots.begin(), slots.end(), std::int64_t{0});
  const auto raw = buffer.select(slots).raw.flatten();
  return {raw.data_ptr<std::int64_t>(), raw.data_ptr<std::int64_t>() + raw.numel()};
}

TEST(ClassBalancedBuffer, SharesItsRoomEquallyAsClassesCome) {
  WordHost host;
  auto buffer = balanced(host, 12);
  EXPECT_EQ(offer(buffer, 0, Labels(20, 7)), 12);
  EXPECT_EQ(buffer.counts(), (Counts{{7, 12}}));
  EXPECT_EQ(offer(buffer, 20, Labels(20, 3)), 6);
  EXPECT_EQ(buffer.counts(), (Counts{{3, 6}, {7, 6}}));
  EXPECT_EQ(offer(buffer, 40, Labels(20, 5)), 4);
  EXPECT_EQ(buffer.counts(), (Counts{{3, 4}, {5, 4}, {7, 4}}));
  EXPECT_EQ(offer(buffer, 60, Labels(20, 1)), 3);
  EXPECT_EQ(buffer.counts(), (Counts{{1, 3}, {3, 3}, {5, 3}, {7, 3}}));
  EXPECT_EQ(offer(buffer, 80, Labels{1, 3, 5, 7}), 0);
  EXPECT_EQ(buffer.size(), 12);
}

TEST(ClassBalancedBuffer, TakesFromTheLargestClassAndTheLowestLabelOnATie) {
  WordHost host;
  auto buffer = balanced(host, 10);
  offer(buffer, 0, Labels(10, 1));
  offer(buffer, 10, Labels(10, 0));
  ASSERT_EQ(buffer.counts(), (Counts{{0, 5}, {1, 5}}));
  EXPECT_EQ(offer(buffer, 20, {2}), 1);
  EXPECT_EQ(buffer.counts(), (Counts{{0, 4}, {1, 5}, {2, 1}}));
  EXPECT_EQ(offer(buffer, 21, {2, 2, 2}), 2);  // a third of ten
  EXPECT_EQ(buffer.counts(), (Counts{{0, 3}, {1, 4}, {2, 3}}));
}

TEST(ClassBalancedBuffer, ReplacesTheSlotThatTheStreamNames) {
  WordHost host;
  host.given["insert"] = {6, 5};
  auto buffer = balanced(host, 4);
  offer(buffer, 0, {0, 0, 0, 1});
  EXPECT_EQ(host.used["insert"], 0U);  // no word while there is room
  offer(buffer, 4, {2});               // 6 % 3 = 0: the first of class 0
  EXPECT_EQ(held(buffer), (Labels{4, 1, 2, 3}));
  offer(buffer, 5, {3});  // 5 % 2 = 1: the second of those left
  EXPECT_EQ(held(buffer), (Labels{4, 1, 5, 3}));
}

TEST(ClassBalancedBuffer, LetsEachOfAClassLeaveEquallyOften) {
  constexpr int kTrials = 4000, kItems = 10;
  WordHost host(1);
  std::vector<double> stayed(kItems, 0);
  for (int trial = 0; trial < kTrials; ++trial) {
    auto buffer = balanced(host, kItems);
    offer(buffer, 0, Labels(kItems, 0));
    offer(buffer, kItems, Labels(5, 1));
    for (const auto n : held(buffer)) {
      if (n < kItems) {
        ++stayed[static_cast<std::size_t>(n)];
      }
    }
  }
  // Five of ten without replacement: see the same sum in reservoir_buffer_test.cpp.
  double sum = 0;
  for (const double count : stayed) {
    sum += (count - kTrials * 0.5) * (count - kTrials * 0.5) / (kTrials * 0.25);
  }
  EXPECT_LT(sum * (kItems - 1) / kItems, 27.88);  // 9 degrees of freedom, p = 0.001
}

TEST(ClassBalancedBuffer, DrawsDifferentRows) {
  WordHost host(2);
  auto buffer = balanced(host, 6);
  offer(buffer, 0, {0, 0, 0, 1, 1, 1});
  const auto draw = buffer.sample(100);
  const auto sorted = std::get<0>(draw.raw.flatten().sort());
  EXPECT_TRUE(sorted.equal(at::arange(6)));
  EXPECT_TRUE(draw.labels.equal(draw.raw.flatten().ge(3).to(at::kLong)));
  auto none = balanced(host, 6);
  EXPECT_THROW(none.sample(1), clh::UsageError);
}

TEST(ClassBalancedBuffer, RefusesRowsOfAnotherForm) {
  WordHost host;
  auto buffer = balanced(host, 4);
  buffer.add(offered_batch(at::zeros({1, 2}, at::kByte), at::zeros({1}, at::kLong)));
  EXPECT_THROW(buffer.add(offered_batch(at::zeros({1, 3}, at::kByte), at::zeros({1}, at::kLong))),
               clh::UsageError);
  EXPECT_THROW(buffer.add(offered_batch(at::zeros({1, 2}), at::zeros({1}, at::kLong))),
               clh::UsageError);
}

TEST(ClassBalancedBuffer, ContinuesAfterASaveAsIfThereHadBeenNone) {
  for (const std::size_t filled : {0, 5, 40}) {
    WordHost straight_host(4), saved_host(4);
    auto straight = balanced(straight_host, 10), saved = balanced(saved_host, 10);
    Labels labels;
    for (std::int64_t i = 0; i < 100; ++i) {
      labels.push_back(i / 20);
    }
    const auto feed = [&](ClassBalancedBuffer& buffer, std::size_t begin, std::size_t end) {
      offer(buffer, static_cast<std::int64_t>(begin),
            {labels.begin() + static_cast<std::ptrdiff_t>(begin),
             labels.begin() + static_cast<std::ptrdiff_t>(end)});
    };
    if (filled > 0) {
      feed(straight, 0, filled);
      feed(saved, 0, filled);
    }
    clh::core::StateRecord record;
    clh::core::save_state(saved, record);
    auto loaded = balanced(saved_host, 10);  // the host keeps the streams' positions
    clh::core::load_state(loaded, record);
    EXPECT_EQ(loaded.counts(), straight.counts());
    feed(straight, filled, 100);
    feed(loaded, filled, 100);
    EXPECT_EQ(held(loaded), held(straight));
    EXPECT_TRUE(loaded.sample(5).raw.equal(straight.sample(5).raw));
  }
}

}  // namespace class_balanced_buffer_test
