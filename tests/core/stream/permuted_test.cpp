#include "core/stream/permuted.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/core/stream/refusal.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace permuted_test {

using clh::core::build_permuted;
using clh::core::PermutedOptions;
using clh::core::Scenario;
using Ints = std::vector<std::int64_t>;
using Map = std::vector<std::int32_t>;

PermutedOptions two_tasks() {
  PermutedOptions options;
  options.tasks = 2;
  return options;
}

// Permutations pinned from the Python implementation named in rng_streams_test.cpp.
TEST(Permuted, DrawsOnePermutationPerTask) {
  const TinyDataset dataset(2, 2, 1);
  const auto plan = build_permuted(two_tasks(), Scenario::kDomainIl, dataset.labels, 0);
  ASSERT_EQ(plan.tasks.size(), 2U);
  EXPECT_EQ(plan.tasks[0].pixel_map, (Map{4, 0, 3, 2, 1, 5}));
  EXPECT_EQ(plan.tasks[1].pixel_map, (Map{4, 2, 1, 3, 0, 5}));
  EXPECT_EQ(plan.tasks[1].transform, "permutation");
  EXPECT_EQ(plan.tasks[1].train, (Ints{0, 1, 2, 3}));
  EXPECT_EQ(plan.tasks[1].test, (Ints{0, 1}));
}

// Two thousand tasks hold the samples once.
TEST(Permuted, TasksShareTheirSamples) {
  const TinyDataset dataset(2, 50, 10);
  PermutedOptions options;
  options.tasks = 2000;
  const auto plan = build_permuted(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_EQ(plan.tasks[1999].train.data(), plan.tasks[0].train.data());
  EXPECT_EQ(plan.tasks[1999].test.data(), plan.tasks[0].test.data());
}

TEST(Permuted, KeepsTheFirstTasksWhenThereAreMore) {
  const TinyDataset dataset(2, 1, 1, {1, 8, 8});
  auto options = two_tasks();
  const auto few = build_permuted(options, Scenario::kDomainIl, dataset.labels, 3);
  options.tasks = 5;
  const auto more = build_permuted(options, Scenario::kDomainIl, dataset.labels, 3);
  EXPECT_EQ(few.tasks[1].pixel_map, more.tasks[1].pixel_map);
  Map sorted = more.tasks[4].pixel_map;
  std::sort(sorted.begin(), sorted.end());
  Map all(64);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
}

TEST(Permuted, SharesLabelsOrShiftsThem) {
  const TinyDataset dataset(3, 1, 1);
  for (const auto scenario : {Scenario::kDomainIl, Scenario::kTaskFree}) {
    const auto plan = build_permuted(two_tasks(), scenario, dataset.labels, 0);
    EXPECT_EQ(plan.tasks[1].label_map, (Ints{0, 1, 2}));
    EXPECT_EQ(plan.tasks[1].outputs, (Ints{0, 1, 2}));
    EXPECT_EQ(plan.n_outputs, 3);
    EXPECT_EQ(plan.outputs_after, (Ints{3, 3}));
  }
  for (const auto scenario : {Scenario::kClassIl, Scenario::kTaskIl}) {
    const auto plan = build_permuted(two_tasks(), scenario, dataset.labels, 0);
    EXPECT_EQ(plan.tasks[1].label_map, (Ints{3, 4, 5}));
    EXPECT_EQ(plan.tasks[1].outputs, (Ints{3, 4, 5}));
    EXPECT_EQ(plan.n_outputs, 6);
    EXPECT_EQ(plan.outputs_after, (Ints{3, 6}));
  }
}

TEST(Permuted, LeavesTask0NaturalOnRequest) {
  const TinyDataset dataset(2, 1, 1);
  auto options = two_tasks();
  options.identity_first = true;
  const auto plan = build_permuted(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_TRUE(plan.tasks[0].pixel_map.empty());
  EXPECT_EQ(plan.tasks[0].transform, "none");
  EXPECT_EQ(plan.tasks[1].pixel_map, (Map{4, 2, 1, 3, 0, 5}));  // as without the option
}

// 1x2 pixels with a border of 1: the positions of the 3x4 result are 0 at 5 and 1 at 6. Task 1's
// permutation of 12 is 4 1 9 0 6 2 8 10 7 3 11 5 (same Python), so 1 is at place 4, 0 at 11.
TEST(Permuted, PermutesThePaddingToo) {
  const TinyDataset dataset(2, 1, 1, {3, 1, 2});
  auto options = two_tasks();
  options.pad = 1;
  options.identity_first = true;
  const auto plan = build_permuted(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_EQ(plan.sample_shape, (Ints{3, 3, 4}));
  EXPECT_EQ(plan.tasks[0].pixel_map, (Map{-1, -1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1}));
  EXPECT_EQ(plan.tasks[0].transform, "padding");
  EXPECT_EQ(plan.tasks[1].pixel_map, (Map{-1, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, 0}));
}

TEST(Permuted, TakesFeaturesAsOneRow) {
  const TinyDataset dataset(2, 1, 1, {6});
  auto options = two_tasks();
  const auto plan = build_permuted(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_EQ(plan.tasks[1].pixel_map, (Map{4, 2, 1, 3, 0, 5}));
  options.pad = 2;
  EXPECT_EQ(refusal([&] { build_permuted(options, Scenario::kDomainIl, dataset.labels, 0); }),
            "bad-option: [stream] pad: expected 0 for samples that are no images, found 2");
}

TEST(Permuted, RefusesSamplesWithoutPixels) {
  const TinyDataset dataset(2, 1, 1, {2, 3, 4, 5});
  EXPECT_EQ(refusal([&] { build_permuted({}, Scenario::kDomainIl, dataset.labels, 0); }),
            "unsupported: stream permuted: expected samples of shape CxHxW, HxW or F, found "
            "2x3x4x5");
}

}  // namespace permuted_test
