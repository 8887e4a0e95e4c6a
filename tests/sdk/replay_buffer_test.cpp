// What every policy shares: a sample is offered once, however many epochs bring it, and memory
// grows as it fills.
#include <clh/memory/class_balanced_buffer.hpp>
#include <clh/memory/class_ring_buffer.hpp>
#include <clh/memory/fifo_buffer.hpp>
#include <clh/memory/reservoir_buffer.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/offered_batch.hpp"
#include "tests/support/word_host.hpp"
#include <gtest/gtest.h>

namespace replay_buffer_test {

using clh::Offers;
using clh::ReplayBuffer;
using clh::test::offered_batch;
using clh::test::WordHost;
using Numbers = std::vector<std::int64_t>;

/// Samples begin .. end-1: raw [n, 1] and the id are the number itself, the label is even or odd.
clh::Batch samples(std::int64_t begin, std::int64_t end) {
  const auto n = at::arange(begin, end);
  return offered_batch(n.unsqueeze(1), n.remainder(2), n);
}

Numbers held(const ReplayBuffer& buffer) {
  const auto raw = buffer.all().raw.flatten().contiguous();
  return {raw.data_ptr<std::int64_t>(), raw.data_ptr<std::int64_t>() + raw.numel()};
}

std::vector<std::unique_ptr<ReplayBuffer>> every_policy(const WordHost& host, std::int64_t capacity,
                                                        Offers offers) {
  const clh::BufferSettings settings{capacity, offers, host.stream("insert"),
                                     host.stream("sample")};
  std::vector<std::unique_ptr<ReplayBuffer>> buffers;
  buffers.push_back(std::make_unique<clh::ReservoirBuffer>(settings));
  buffers.push_back(std::make_unique<clh::ClassBalancedBuffer>(settings));
  buffers.push_back(std::make_unique<clh::ClassRingBuffer>(settings));
  buffers.push_back(std::make_unique<clh::FifoBuffer>(settings));
  return buffers;
}

TEST(ReplayBuffer, HoldsASampleOnceHoweverOftenItComes) {
  WordHost host;
  for (const std::int64_t capacity : {8, 100}) {  // full and with room
    for (const auto& buffer : every_policy(host, capacity, Offers::kOnce)) {
      buffer->add(samples(0, 20));
      const auto after_one_epoch = held(*buffer);
      for (int epoch = 1; epoch < 5; ++epoch) {
        EXPECT_EQ(buffer->add(samples(0, 20)), 0);
      }
      EXPECT_EQ(held(*buffer), after_one_epoch);
      buffer->add(samples(20, 24));  // new ones still enter
      const auto now = held(*buffer);
      EXPECT_EQ(std::set<std::int64_t>(now.begin(), now.end()).size(), now.size());
    }
  }
}

TEST(ReplayBuffer, OfferedEveryTimeItFillsWithCopies) {
  WordHost host;
  for (const auto& buffer : every_policy(host, 100, Offers::kEveryTime)) {
    buffer->add(samples(0, 20));
    buffer->add(samples(0, 20));
    EXPECT_EQ(buffer->size(), 40);
  }
}

TEST(ReplayBuffer, SamplesWithoutANumberAreAllDifferent) {
  WordHost host;
  for (const auto& buffer : every_policy(host, 100, Offers::kOnce)) {
    auto batch = samples(0, 10);
    batch.ids = at::full({10}, -1, at::kLong);
    buffer->add(batch);
    buffer->add(batch);
    EXPECT_EQ(buffer->size(), 20);
  }
}

// The k-th offer replaces with probability 1/k: after K offers each is kept with 1/K.
TEST(ReplayBuffer, WhatLiesBesideASampleIsThatOfEachOfferEquallyOften) {
  constexpr int kTrials = 3000, kOffers = 5;
  WordHost host(3);
  std::vector<double> kept(kOffers, 0);
  for (int trial = 0; trial < kTrials; ++trial) {
    clh::ReservoirBuffer buffer({4, Offers::kOnce, host.stream("insert"), host.stream("sample")});
    for (int offer = 0; offer < kOffers; ++offer) {
      buffer.add(samples(0, 1), {at::full({1, 1}, static_cast<double>(offer))});
    }
    ++kept[static_cast<std::size_t>(buffer.all().extra[0].item<double>())];
  }
  double chi_squared = 0;
  for (const auto count : kept) {
    chi_squared += (count - kTrials / 5.0) * (count - kTrials / 5.0) / (kTrials / 5.0);
  }
  EXPECT_LT(chi_squared, 18.47);  // 4 degrees of freedom, p = 0.001
}

TEST(ReplayBuffer, OneEpochDrawsNoWordForThat) {
  WordHost host;
  clh::ReservoirBuffer buffer({4, Offers::kOnce, host.stream("insert"), host.stream("sample")});
  buffer.add(samples(0, 4), {at::full({4, 1}, 1.0)});
  EXPECT_EQ(host.used["insert"], 0U);
  buffer.add(samples(0, 2));  // nothing beside it: nothing to replace
  EXPECT_EQ(host.used["insert"], 0U);
  buffer.add(samples(0, 2), {at::full({2, 1}, 2.0)});
  EXPECT_EQ(host.used["insert"], 2U);
}

TEST(ReplayBuffer, ASampleThatLeftDoesNotComeBack) {
  WordHost host;
  clh::FifoBuffer buffer({3, Offers::kOnce, host.stream("insert"), host.stream("sample")});
  buffer.add(samples(0, 5));
  EXPECT_EQ(held(buffer), (Numbers{3, 4, 2}));
  buffer.add(samples(0, 2));
  EXPECT_EQ(held(buffer), (Numbers{3, 4, 2}));
}

TEST(ReplayBuffer, TakesMemoryByNeed) {
  WordHost host;
  for (const auto& buffer : every_policy(host, std::int64_t{1} << 60, Offers::kOnce)) {
    buffer->add(samples(0, 1000));
    EXPECT_EQ(buffer->size(), 1000);
    EXPECT_EQ(buffer->sample(5).size(), 5);
  }
}

TEST(ReplayBuffer, ContinuesAfterALoadAsIfThereHadBeenNone) {
  for (std::size_t policy = 0; policy < 4; ++policy) {
    WordHost host(7), other_host(7);
    const auto straight = std::move(every_policy(host, 6, Offers::kOnce)[policy]);
    const auto saved = std::move(every_policy(other_host, 6, Offers::kOnce)[policy]);
    const auto feed = [](ReplayBuffer& buffer, std::int64_t begin, std::int64_t end) {
      const auto batch = samples(begin, end);
      buffer.add(batch, {batch.raw.to(at::kFloat)});
    };
    for (auto* buffer : {straight.get(), saved.get()}) {
      feed(*buffer, 0, 9);
      feed(*buffer, 4, 12);
    }
    clh::core::StateRecord record;
    clh::core::save_state(*saved, record);
    const auto loaded = std::move(every_policy(other_host, 6, Offers::kOnce)[policy]);
    clh::core::load_state(*loaded, record);
    for (auto* buffer : {straight.get(), loaded.get()}) {
      feed(*buffer, 6, 20);
    }
    EXPECT_EQ(held(*loaded), held(*straight)) << policy;
    EXPECT_TRUE(loaded->all().extra[0].equal(straight->all().extra[0])) << policy;
    EXPECT_TRUE(loaded->sample(3).raw.equal(straight->sample(3).raw)) << policy;
  }
}

}  // namespace replay_buffer_test
