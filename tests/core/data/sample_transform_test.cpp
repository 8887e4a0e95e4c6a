#include "core/data/sample_transform.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>

#include "core/error.hpp"
#include <gtest/gtest.h>

namespace sample_transform_test {

using namespace clh::core;  // NOLINT

TEST(SampleTransform, ScalesBytesToTheUnitInterval) {
  RngStreams streams(0);
  const SampleTransform transform({}, streams);
  const auto raw = at::tensor({0, 51, 255}, at::kByte).view({1, 1, 1, 3});
  const auto x = transform.plain(raw);
  EXPECT_EQ(x.scalar_type(), at::kFloat);
  EXPECT_EQ(x[0][0][0][0].item<float>(), 0.0F);
  EXPECT_EQ(x[0][0][0][1].item<float>(), 51.0F / 255.0F);
  EXPECT_EQ(x[0][0][0][2].item<float>(), 1.0F);
  EXPECT_EQ(transform.low(), 0.0);
  EXPECT_EQ(transform.high(), 1.0);
}

// (0.6 - 0.5) / 0.25 = 0.4 and (0.2 - 0.1) / 0.5 = 0.2, by hand; float rounding only.
TEST(SampleTransform, NormalizesEachChannel) {
  RngStreams streams(0);
  TransformPlan plan;
  plan.mean = {0.5, 0.1};
  plan.std = {0.25, 0.5};
  const SampleTransform transform(plan, streams);
  const auto x = transform.plain(at::tensor({153, 51}, at::kByte).view({1, 2, 1, 1}));
  EXPECT_NEAR(x[0][0][0][0].item<double>(), 0.4, 1e-6);
  EXPECT_NEAR(x[0][1][0][0].item<double>(), 0.2, 1e-6);
  EXPECT_DOUBLE_EQ(transform.low(), -2.0);
  EXPECT_DOUBLE_EQ(transform.high(), 2.0);
}

TEST(SampleTransform, FlipMirrorsAndCropShifts) {
  RngStreams streams(0);
  TransformPlan plan;
  parse_augmentation("crop:1,flip", "test", plan);
  EXPECT_EQ(plan.crop_padding, 1);
  EXPECT_TRUE(plan.flip);
  const SampleTransform transform(plan, streams);
  const auto raw =
      at::arange(1, 10, at::kByte).view({1, 1, 3, 3}).expand({64, 1, 3, 3}).contiguous();
  std::vector<std::int64_t> samples(64);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int64_t>(i);
  }
  const auto x = transform.augmented(raw, 0, 0, samples).mul(255).round().to(at::kByte);
  bool unchanged = false, mirrored = false, shifted = false;
  for (std::int64_t n = 0; n < 64; ++n) {
    unchanged |= at::equal(x[n], raw[0]);
    mirrored |= at::equal(x[n], raw[0].flip({2}));
    // One pixel up: rows 2 and 3 of the source on top, zeros below.
    shifted |= x[n][0][0][0].item<int>() == 4 && x[n][0][2][0].item<int>() == 0;
  }
  EXPECT_TRUE(unchanged);
  EXPECT_TRUE(mirrored);
  EXPECT_TRUE(shifted);
}

TEST(SampleTransform, AugmentationIsKeyedBySampleNotByOrder) {
  RngStreams streams(5);
  TransformPlan plan;
  plan.crop_padding = 2;
  plan.flip = true;
  const SampleTransform transform(plan, streams);
  const auto raw = at::randint(0, 255, {2, 1, 6, 6}).to(at::kByte);
  const auto forward = transform.augmented(raw, 1, 2, {10, 11});
  const auto backward = transform.augmented(raw.flip({0}), 1, 2, {11, 10});
  EXPECT_TRUE(at::equal(forward, backward.flip({0})));
  EXPECT_FALSE(at::equal(forward, transform.augmented(raw, 1, 3, {10, 11})));
}

TEST(SampleTransform, RefusesAnUnknownAugmentation) {
  TransformPlan plan;
  EXPECT_THROW(parse_augmentation("rotate:3", "test", plan), Error);
  EXPECT_THROW(parse_augmentation("crop:x", "test", plan), Error);
}

}  // namespace sample_transform_test
