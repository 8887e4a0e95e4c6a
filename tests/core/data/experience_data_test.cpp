#include "core/data/experience_data.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "core/error.hpp"
#include <gtest/gtest.h>

namespace experience_data_test {

using namespace clh::core;  // NOLINT
using Ints = std::vector<std::int64_t>;

/// Four samples of two channels with 1x3 pixels: sample n holds 10 n + (0 .. 5).
SplitData four_samples() {
  const auto base = at::arange(4).mul(10).view({4, 1, 1, 1});
  return {(base + at::arange(6).view({1, 2, 1, 3})).to(at::kByte).contiguous(),
          at::tensor({0, 1, 0, 1}, at::kLong)};
}

/// Task 0: class 0 as it is; task 1: class 1 through a pixel map, its label mapped to output 5.
StreamPlan two_tasks() {
  StreamPlan plan;
  plan.tasks.resize(2);
  plan.tasks[0].train = plan.tasks[0].test = {0, 2};
  plan.tasks[0].outputs = {0};
  plan.tasks[0].label_map = {0, -1};
  plan.tasks[1].train = plan.tasks[1].test = {1, 3};
  plan.tasks[1].outputs = {5};
  plan.tasks[1].label_map = {-1, 5};
  plan.tasks[1].pixel_map = {2, -1, 0};
  plan.sample_shape = {2, 1, 3};
  set_experiences(plan, one_by_one(plan));
  return plan;
}

struct Fixture {
  SplitData split = four_samples();
  StreamPlan plan = two_tasks();
  RngStreams streams{0};
  SampleTransform transform{{}, streams};
  ExperienceData data{split, plan, transform, 0, true};
};

// Sample 3 is 30 31 32 | 33 34 35; pixels 2, zero, 0 of each channel.
TEST(GatherRaw, AppliesTheTasksPixelMapToEveryChannel) {
  const Fixture f;
  const std::int64_t index = 3;
  const auto raw = gather_raw(f.split, f.plan, 1, &index, 1);
  EXPECT_EQ(raw.scalar_type(), at::kByte);
  EXPECT_TRUE(
      at::equal(raw.flatten().to(at::kLong), at::tensor({32, 0, 30, 35, 0, 33}, at::kLong)));
  const auto plain = gather_raw(f.split, f.plan, 0, &index, 1);
  EXPECT_TRUE(at::equal(plain[0], f.split.inputs[3]));
}

TEST(GatherRaw, FloatSamplesToo) {
  Fixture f;
  f.split.inputs = f.split.inputs.to(at::kFloat);
  const std::int64_t index = 3;
  const auto raw = gather_raw(f.split, f.plan, 1, &index, 1);
  EXPECT_TRUE(
      at::equal(raw.flatten().to(at::kLong), at::tensor({32, 0, 30, 35, 0, 33}, at::kLong)));
}

TEST(ExperienceData, GivesRawInputsLabelsAndIdsOfTheSameSamples) {
  Fixture f;
  f.data.begin(1);
  f.data.begin_epoch(0);
  const auto batch = f.data.batch(0, 2);
  EXPECT_TRUE(at::equal(batch.labels, at::tensor({5, 5}, at::kLong)));
  EXPECT_TRUE(at::equal(std::get<0>(batch.ids.sort()), at::tensor({8 + 1, 8 + 3}, at::kLong)))
      << "the samples of a transformed task are others than those behind them";
  EXPECT_TRUE(at::equal(batch.inputs, batch.raw.to(at::kFloat) / 255));
  for (std::int64_t i = 0; i < 2; ++i) {
    const auto id = batch.ids[i].item<std::int64_t>() - 8;
    EXPECT_TRUE(at::equal(batch.raw[i], gather_raw(f.split, f.plan, 1, &id, 1)[0]));
  }
}

TEST(ExperienceData, AppendedSamplesJoinTheEpochWithIdMinusOne) {
  Fixture f;
  const auto raw = at::full({1, 2, 1, 3}, 7, at::kByte);
  EXPECT_THROW(f.data.append(raw, at::tensor({9}, at::kLong)), Error);  // outside begin_task
  f.data.allow_append(true);
  EXPECT_THROW(f.data.append(raw.to(at::kFloat), at::tensor({9}, at::kLong)), Error);
  f.data.append(raw, at::tensor({9}, at::kLong));
  EXPECT_EQ(f.data.size(), 3);
  f.data.begin_epoch(0);
  const auto batch = f.data.batch(0, 3);
  EXPECT_TRUE(at::equal(std::get<0>(batch.ids.sort()), at::tensor({-1, 0, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(std::get<0>(batch.labels.sort()), at::tensor({0, 0, 9}, at::kLong)));
  f.data.begin(1);
  EXPECT_EQ(f.data.size(), 2);  // dropped with the experience
}

TEST(ExperienceData, ReadsByPlaceAndRefusesPlacesOutside) {
  Fixture f;
  const Ints places{1, 0};
  EXPECT_TRUE(at::equal(f.data.read(places.data(), 2, false).ids, at::tensor({2, 0}, at::kLong)));
  const std::int64_t outside = 2;
  EXPECT_THROW(f.data.read(&outside, 1, false), Error);
}

}  // namespace experience_data_test
