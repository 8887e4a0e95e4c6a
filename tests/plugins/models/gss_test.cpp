#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cstring>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace gss_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

constexpr double kRate = 0.1;

std::vector<double> scores(const ModelHarness& harness) {
  const auto state = harness.model_state();
  const auto& bytes = std::get<clh::core::StateRecord::Bytes>(state->values.at("scores"));
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

/// Column of the memory: 0 raw, 1 labels.
at::Tensor column(const ModelHarness& harness, const char* number) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("samples")->children.at("columns")->values.at(number));
}

at::Tensor mean_gradient(const ModelHarness& harness, const at::Tensor& raw,
                         const at::Tensor& labels) {
  return harness.gradient_of(at::cross_entropy_loss(harness.forward(raw), labels)).to(at::kDouble);
}

double cosine(const at::Tensor& a, const at::Tensor& b) {
  return (a.dot(b) / (a.norm() * b.norm())).item<double>();
}

class GssScore : public ::testing::TestWithParam<const char*> {};

/// The mlp's cosines come in closed form, the cnn's from one gradient a sample.
TEST_P(GssScore, IsOneAndTheLargestCosineOfTheBatchsGradient) {
  const std::string backbone = GetParam();
  const bool cnn = backbone == "cnn";
  HarnessPlan plan{"gss", {{"compared", "8"}}};
  plan.input = cnn ? std::vector<std::int64_t>{1, 8, 8} : std::vector<std::int64_t>{2};
  plan.backbone = backbone;
  if (cnn) {
    plan.backbone_options.clear();
  }
  plan.rate = 1e-3;
  ModelHarness harness(plan);
  const auto task = random_task(9, plan.input, {0, 1, 2, 3}, 7);
  const auto part = [&](std::int64_t first, std::int64_t count) {
    return std::make_pair(task.raw.narrow(0, first, count), task.labels.narrow(0, first, count));
  };
  harness.begin_task(task);
  harness.observe(part(0, 4).first, part(0, 4).second);
  EXPECT_EQ(scores(harness), std::vector<double>(4, 0.1));
  for (const auto& [first, count] : {std::make_pair(4, 3), std::make_pair(7, 2)}) {
    const auto [raw, labels] = part(first, count);
    harness.observe(raw, labels);
    harness.network().set_training(false);
    const auto g = mean_gradient(harness, raw, labels);
    double largest = -1;
    for (std::int64_t i = 0; i < first; ++i) {
      const auto [held, label] = part(i, 1);
      largest = std::max(largest, cosine(g, mean_gradient(harness, held, label)));
    }
    harness.network().set_training(true);
    const auto found = scores(harness);
    ASSERT_EQ(found.size(), static_cast<std::size_t>(first + count));
    for (std::int64_t i = first; i < first + count; ++i) {
      EXPECT_NEAR(found[static_cast<std::size_t>(i)], 1 + largest, 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backbones, GssScore, ::testing::Values("mlp", "cnn"));

/// A memory of one, and samples x that differ in their label: with two outputs their gradients are
/// one direction and its opposite, whatever the values.
TEST(Gss, OnlyAGradientThatPointsAwayMayReplaceAnother) {
  HarnessPlan plan{"gss", {{"buffer-size", "1"}, {"minibatch", "1"}}};
  plan.blocks = {2};
  ModelHarness harness(plan);
  const auto x = at::ones({1, 2});
  const auto zero = at::zeros({1}, at::kLong), one = at::ones({1}, at::kLong);
  harness.begin_task({x, zero, {0, 1}});
  harness.observe(x, zero);
  harness.observe(x, zero);  // the same direction: discarded
  EXPECT_EQ(scores(harness), std::vector<double>(1, 0.1));
  harness.observe(x, one);  // the opposite: 0.1 / (0.1 + 0), so it enters for sure
  EXPECT_TRUE(column(harness, "1").equal(one));
  EXPECT_NEAR(scores(harness)[0], 0, 1e-6);
}

TEST(Gss, AChallengedSampleLeavesAsOftenAsItsScoreSays) {
  // Held: three samples of score 0.1. Eight items of the batch have scores c of their own; each
  // challenges a slot and wins with 0.1 / (0.1 + c). With c near 1 that is about one in eleven.
  int replaced = 0, discarded = 0;
  double expected = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    HarnessPlan plan{"gss", {{"buffer-size", "3"}, {"minibatch", "1"}}};
    plan.rate = 1e-6;
    plan.seed = seed;
    ModelHarness harness(plan);
    const auto task = random_task(4, {2}, {0, 1, 2, 3}, seed);
    const auto held = task.raw.narrow(0, 0, 3), raw = task.raw.narrow(0, 3, 1);
    const auto held_labels = task.labels.narrow(0, 0, 3), label = task.labels.narrow(0, 3, 1);
    harness.begin_task(task);
    harness.observe(held, held_labels);
    harness.observe(raw, label);
    const auto g = mean_gradient(harness, raw, label);
    double score = 0;
    for (std::int64_t i = 0; i < 3; ++i) {
      const auto other = mean_gradient(harness, held.narrow(0, i, 1), held_labels.narrow(0, i, 1));
      score = std::max(score, 1 + cosine(g, other));
    }
    const bool entered = !column(harness, "0").equal(held);
    if (score >= 1) {
      EXPECT_FALSE(entered);
      ++discarded;
      continue;
    }
    expected += 0.1 / (0.1 + score);
    replaced += entered ? 1 : 0;
  }
  EXPECT_GT(discarded, 30);
  EXPECT_GT(expected, 10);
  EXPECT_NEAR(replaced, expected, 3 * std::sqrt(expected));
}

TEST(Gss, RoundsReplayDifferentSamples) {
  HarnessPlan plan{"gss", {{"minibatch", "1"}, {"rounds", "2"}}};
  plan.rate = kRate;
  ModelHarness harness(plan);
  const auto task = random_task(4, {2}, {0, 1, 2, 3}, 7);
  const auto raw = task.raw.narrow(0, 2, 2), labels = task.labels.narrow(0, 2, 2);
  harness.begin_task(task);
  harness.observe(task.raw.narrow(0, 0, 2), task.labels.narrow(0, 0, 2));
  const auto start = harness.values().clone();
  std::vector<at::Tensor> ends;  // first sample 0 then 1, or the other way round
  for (const std::int64_t first : {0, 1}) {
    harness.values().copy_(start);
    for (const std::int64_t place : {first, 1 - first}) {
      const auto x = at::cat({raw, task.raw.narrow(0, place, 1)});
      const auto y = at::cat({labels, task.labels.narrow(0, place, 1)});
      harness.values().sub_(mean_gradient(harness, x, y).to(at::kFloat), kRate);
    }
    ends.push_back(harness.values().clone());
  }
  harness.values().copy_(start);
  harness.observe(raw, labels);
  EXPECT_TRUE(harness.values().allclose(ends[0], 1e-5, 1e-6) ||
              harness.values().allclose(ends[1], 1e-5, 1e-6));
}

TEST(Gss, KeepsOnlyAsMuchOfAFirstBatchAsThereIsRoom) {
  ModelHarness harness({"gss", {{"buffer-size", "3"}, {"minibatch", "1"}}});
  const auto task = random_task(5, {2}, {0, 1}, 7);
  harness.begin_task(task);
  harness.observe(task.raw, task.labels);
  EXPECT_TRUE(column(harness, "0").equal(task.raw.narrow(0, 0, 3)));
  EXPECT_EQ(scores(harness).size(), 3U);
}

}  // namespace gss_test
