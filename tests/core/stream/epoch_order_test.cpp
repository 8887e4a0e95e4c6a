#include "core/stream/epoch_order.hpp"

#include <algorithm>
#include <vector>

#include "core/stream/joint.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace epoch_order_test {

using clh::core::batch_count;
using clh::core::epoch_order;
using clh::core::Scenario;
using clh::core::StreamPlan;
using Ints = std::vector<std::int64_t>;

StreamPlan pairs() {  // task 0: 0 1 4 5 8 9, task 1: 2 3 6 7 10 11
  const TinyDataset dataset(4, 3, 1);
  return build_class_split({}, Scenario::kClassIl, dataset.labels, 0);
}

// Permutation of 6 of stream `shuffle`, seed 0, experience 1, epoch 2: 5 1 4 3 2 0, from the Python
// implementation named in tests/core/random/rng_streams_test.cpp.
TEST(EpochOrder, IsPinned) {
  const auto order = epoch_order(pairs(), 1, 2, 0);
  EXPECT_EQ(order.index, (Ints{11, 3, 10, 7, 6, 2}));
  EXPECT_EQ(order.task, (std::vector<std::int32_t>(6, 1)));
}

TEST(EpochOrder, ChangesWithExperienceEpochAndSeedAlone) {
  const auto plan = pairs();
  EXPECT_EQ(epoch_order(plan, 0, 0, 0).index, epoch_order(plan, 0, 0, 0).index);
  EXPECT_NE(epoch_order(plan, 0, 0, 0).index, epoch_order(plan, 0, 1, 0).index);
  EXPECT_NE(epoch_order(plan, 0, 0, 0).index, epoch_order(plan, 0, 0, 1).index);
}

TEST(EpochOrder, KeepsTheOrderWithoutShuffling) {
  EXPECT_EQ(epoch_order(pairs(), 0, 0, 0, false).index, (Ints{0, 1, 4, 5, 8, 9}));
}

TEST(EpochOrder, MixesTheTasksOfAnExperience) {
  const TinyDataset dataset(4, 1, 1);
  const auto plan = clh::core::build_joint({}, Scenario::kClassIl, dataset.labels, 0);
  const auto straight = epoch_order(plan, 0, 0, 0, false);
  EXPECT_EQ(straight.index, (Ints{0, 1, 2, 3}));
  EXPECT_EQ(straight.task, (std::vector<std::int32_t>{0, 0, 1, 1}));
  const auto mixed = epoch_order(plan, 0, 0, 0);
  ASSERT_EQ(mixed.index.size(), 4U);
  EXPECT_NE(mixed.index, straight.index);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(mixed.task[i], mixed.index[i] / 2);  // pairs travel together
  }
}

TEST(EpochOrder, MixesAppendedSamplesIn) {
  const auto straight = epoch_order(pairs(), 0, 0, 0, false, 2);
  EXPECT_EQ(straight.index, (Ints{0, 1, 4, 5, 8, 9, 0, 1}));
  EXPECT_EQ(straight.task, (std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, -1, -1}));
  const auto mixed = epoch_order(pairs(), 0, 0, 0, true, 2);
  EXPECT_EQ(std::count(mixed.task.begin(), mixed.task.end(), -1), 2);
}

TEST(BatchCount, CountsOrDropsTheLastBatch) {
  EXPECT_EQ(batch_count(10, 4, false), 3);
  EXPECT_EQ(batch_count(10, 4, true), 2);
  EXPECT_EQ(batch_count(8, 4, false), 2);
  EXPECT_EQ(batch_count(8, 4, true), 2);
  EXPECT_EQ(batch_count(3, 4, true), 0);
  EXPECT_EQ(batch_count(0, 4, false), 0);
}

}  // namespace epoch_order_test
