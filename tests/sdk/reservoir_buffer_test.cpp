#include <clh/memory/reservoir_buffer.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/offered_batch.hpp"
#include "tests/support/word_host.hpp"
#include <gtest/gtest.h>

namespace reservoir_buffer_test {

using clh::ReservoirBuffer;
using clh::test::offered_batch;
using clh::test::WordHost;

ReservoirBuffer reservoir(const WordHost& host, std::int64_t capacity) {
  return ReservoirBuffer(
      {capacity, clh::Offers::kOnce, host.stream("insert"), host.stream("sample")});
}

/// Samples begin .. end-1: raw [n, 1] uint8 is the number itself, label ten times it.
struct Numbers {
  Numbers(std::int64_t begin, std::int64_t end)
      : labels(at::arange(begin, end, at::kLong) * 10),
        raw(at::arange(begin, end, at::kLong).to(at::kByte).unsqueeze(1)) {}
  at::Tensor labels, raw;
};

void offer(ReservoirBuffer& buffer, std::int64_t begin, std::int64_t end) {
  const Numbers items(begin, end);
  buffer.add(offered_batch(items.raw, items.labels, items.labels));
}

std::vector<std::int64_t> numbers(const at::Tensor& tensor) {
  const auto flat = tensor.to(at::kLong).flatten().contiguous();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

TEST(ReservoirBuffer, TakesTheSlotsThatAlgorithmRNames) {
  WordHost host;
  // Item n >= 3 draws r = word mod (n + 1) and goes to slot r if r < 3.
  host.given["insert"] = {5,    // item 3: 5 % 4 = 1 -> slot 1
                          14,   // item 4: 14 % 5 = 4 -> dropped
                          12,   // item 5: 12 % 6 = 0 -> slot 0
                          8,    // item 6: 8 % 7 = 1 -> slot 1 again
                          19};  // item 7: 19 % 8 = 3 -> dropped
  auto buffer = reservoir(host, 3);
  for (std::int64_t n = 0; n < 8; ++n) {
    offer(buffer, n, n + 1);
  }
  EXPECT_EQ(numbers(buffer.all().raw), (std::vector<std::int64_t>{5, 6, 2}));
  EXPECT_EQ(numbers(buffer.all().labels), (std::vector<std::int64_t>{50, 60, 20}));
  EXPECT_EQ(host.used["insert"], 5U);  // no word while there was room
  EXPECT_EQ(buffer.seen(), 8);
  EXPECT_EQ(buffer.size(), 3);
}

TEST(ReservoirBuffer, ABatchEqualsItsItemsOneByOne) {
  WordHost host;
  host.given["insert"] = {5, 14, 12, 8, 19};
  auto buffer = reservoir(host, 3);
  offer(buffer, 0, 2);
  offer(buffer, 2, 8);  // fills up and replaces within one batch; slot 1 is taken twice
  EXPECT_EQ(numbers(buffer.all().raw), (std::vector<std::int64_t>{5, 6, 2}));
  EXPECT_EQ(host.used["insert"], 5U);
}

TEST(ReservoirBuffer, RedrawsAWordThatWouldBiasTheSlot) {
  WordHost host;
  // Item 2 draws from 3 slots; 2^64 mod 3 = 1, so word 0 is one too many. 4 % 3 = 1.
  host.given["insert"] = {0, 4};
  auto buffer = reservoir(host, 2);
  offer(buffer, 0, 3);
  EXPECT_EQ(numbers(buffer.all().raw), (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(host.used["insert"], 2U);
}

TEST(ReservoirBuffer, HoldsEachItemWithTheSameProbability) {
  constexpr int kTrials = 5000, kItems = 100, kCapacity = 20;
  WordHost host(1);
  std::vector<double> counts(kItems, 0);
  for (int trial = 0; trial < kTrials; ++trial) {
    auto buffer = reservoir(host, kCapacity);
    for (int n = 0; n < kItems; n += 10) {
      offer(buffer, n, n + 10);
    }
    for (const auto n : numbers(buffer.all().raw)) {
      ++counts[static_cast<std::size_t>(n)];
    }
  }
  // Counts of sampling without replacement: variance n p (1-p), covariance -that / (N-1), so the
  // sum of squares times (N-1)/N is chi-square with N-1 degrees of freedom.
  const double p = static_cast<double>(kCapacity) / kItems;
  double sum = 0;
  for (const double count : counts) {
    sum += (count - kTrials * p) * (count - kTrials * p) / (kTrials * p * (1 - p));
  }
  EXPECT_LT(sum * (kItems - 1) / kItems, 148.23);  // 99 degrees of freedom, p = 0.001
}

TEST(ReservoirBuffer, DrawsTheFirstStepsOfAShuffle) {
  WordHost host;
  host.given["sample"] = {7, 4, 9, 7, 4, 9};
  auto buffer = reservoir(host, 10);
  offer(buffer, 0, 5);
  // 0: swap with 7 % 5 = 2 -> 2 1 0 3 4; 1: 1 + 4 % 4 = 1; 2: 2 + 9 % 3 = 2 -> 2 1 0.
  EXPECT_EQ(numbers(buffer.sample(3).raw), (std::vector<std::int64_t>{2, 1, 0}));
  // The same words give the same draw: nothing is left over from the one before.
  EXPECT_EQ(numbers(buffer.sample(3).labels), (std::vector<std::int64_t>{20, 10, 0}));
  EXPECT_EQ(host.used["sample"], 6U);
}

TEST(ReservoirBuffer, DrawsEveryOrderedPairEquallyOften) {
  WordHost host(2);
  auto buffer = reservoir(host, 4);
  offer(buffer, 0, 4);
  std::map<std::vector<std::int64_t>, double> counts;
  for (int i = 0; i < 12000; ++i) {
    ++counts[numbers(buffer.sample(2).raw)];
  }
  ASSERT_EQ(counts.size(), 12U);  // never a pair of equals
  double sum = 0;
  for (const auto& [pair, count] : counts) {
    EXPECT_NE(pair[0], pair[1]);
    sum += (count - 1000) * (count - 1000) / 1000;
  }
  EXPECT_LT(sum, 31.26);  // 11 degrees of freedom, p = 0.001
}

TEST(ReservoirBuffer, ClampsADrawToWhatItHolds) {
  WordHost host(3);
  auto buffer = reservoir(host, 8);
  offer(buffer, 0, 5);
  auto drawn = numbers(buffer.sample(100).raw);
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(drawn, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  offer(buffer, 5, 8);  // and takes notice of what came since
  EXPECT_EQ(buffer.sample(100).raw.size(0), 8);
}

TEST(ReservoirBuffer, DrawsCopies) {
  WordHost host;
  auto buffer = reservoir(host, 2);
  Numbers items(1, 3);
  buffer.add(offered_batch(items.raw, items.labels));
  items.raw.zero_();
  buffer.sample(2).raw.zero_();
  EXPECT_EQ(numbers(buffer.all().raw), (std::vector<std::int64_t>{1, 2}));
}

TEST(ReservoirBuffer, RefusesADrawFromNothing) {
  WordHost host;
  auto buffer = reservoir(host, 2);
  EXPECT_TRUE(buffer.empty());
  EXPECT_THROW(buffer.sample(1), clh::UsageError);
}

TEST(ReservoirBuffer, KeepsTheTypesThatItWasGiven) {
  WordHost host;
  auto buffer = reservoir(host, 4);
  const auto outputs = at::ones({2, 3}).requires_grad_();
  buffer.add(offered_batch(at::zeros({2, 1, 5, 5}, at::kByte), at::zeros({2}, at::kLong)),
             {outputs});
  const auto kept = buffer.all();
  EXPECT_EQ(kept.raw.scalar_type(), at::kByte);
  EXPECT_EQ(kept.raw.sizes(), (std::vector<std::int64_t>{2, 1, 5, 5}));
  EXPECT_EQ(kept.labels.scalar_type(), at::kLong);
  ASSERT_EQ(kept.extra.size(), 1U);
  EXPECT_TRUE(kept.extra[0].equal(at::ones({2, 3})));
  EXPECT_FALSE(kept.extra[0].requires_grad());  // nothing of the graph is kept alive
  EXPECT_THROW(
      buffer.add(offered_batch(at::zeros({2, 1, 5, 6}, at::kByte), at::zeros({2}, at::kLong)),
                 {outputs}),
      clh::UsageError);
  EXPECT_THROW(
      buffer.add(offered_batch(at::zeros({2, 1, 5, 5}), at::zeros({2}, at::kLong)), {outputs}),
      clh::UsageError);
}

TEST(ReservoirBuffer, PadsAnExtraColumnThatGrows) {
  WordHost host;
  auto buffer = reservoir(host, 4);
  const Numbers two(0, 2), one(2, 3);
  buffer.add(offered_batch(two.raw, two.labels), {at::ones({2, 2})});
  buffer.add(offered_batch(one.raw, one.labels), {at::full({1, 3}, 7.0F)});
  const auto kept = buffer.all().extra[0];
  ASSERT_EQ(kept.sizes(), (std::vector<std::int64_t>{3, 3}));
  EXPECT_TRUE(kept.narrow(0, 0, 2).narrow(1, 0, 2).equal(at::ones({2, 2})));
  EXPECT_TRUE(kept.narrow(0, 0, 2).select(1, 2).isnan().all().item<bool>());
  EXPECT_TRUE(kept.select(0, 2).equal(at::full({3}, 7.0F)));
}

TEST(ReservoirBuffer, ContinuesAfterASaveAsIfThereHadBeenNone) {
  for (const std::int64_t filled : {0, 3, 40}) {  // empty, partly filled, replacing
    WordHost straight_host(4), saved_host(4);
    auto straight = reservoir(straight_host, 10), saved = reservoir(saved_host, 10);
    const auto feed = [](ReservoirBuffer& buffer, std::int64_t begin, std::int64_t end) {
      const Numbers items(begin, end);
      buffer.add(offered_batch(items.raw, items.labels, items.labels),
                 {items.labels.to(at::kFloat).unsqueeze(1)});
    };
    if (filled > 0) {
      feed(straight, 0, filled);
      feed(saved, 0, filled);
    }

    clh::core::StateRecord record;
    clh::core::save_state(saved, record);
    auto loaded = reservoir(saved_host, 10);  // the host keeps the streams' positions
    clh::core::load_state(loaded, record);
    EXPECT_EQ(loaded.seen(), filled);

    for (std::int64_t n = filled; n < filled + 60; n += 7) {
      feed(straight, n, n + 7);
      feed(loaded, n, n + 7);
      const auto expected = straight.sample(5), found = loaded.sample(5);
      EXPECT_TRUE(found.raw.equal(expected.raw));
      EXPECT_TRUE(found.labels.equal(expected.labels));
      EXPECT_TRUE(found.extra[0].equal(expected.extra[0]));
    }
    EXPECT_TRUE(loaded.all().raw.equal(straight.all().raw));
  }
}

}  // namespace reservoir_buffer_test
