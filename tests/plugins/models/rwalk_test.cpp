#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace rwalk_test {

using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

at::Tensor spring(const ModelHarness& harness, const char* key) {
  return std::get<at::Tensor>(harness.model_state()->children.at("penalty")->values.at(key));
}

HarnessTask task(int t) {
  return random_task(12, {2}, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) + 1);
}

at::Tensor loss_of(const ModelHarness& harness, const HarnessTask& data) {
  return at::cross_entropy_loss(harness.forward(data.raw), data.labels);
}

/// The definition step by step, from the values before and after each: Fisher, path, scores.
TEST(Rwalk, HoldsByFisherAndByLossSavedPerDistance) {
  ModelHarness harness(
      {"rwalk", {{"alpha", "0.75"}, {"delta-t", "2"}, {"epsilon", "1e-4"}, {"lambda", "2"}}});
  auto fisher = at::zeros_like(harness.values());
  at::Tensor mean_score, stiffness, anchor;
  for (int t = 0; t < 3; ++t) {
    const auto data = task(t);
    harness.begin_task(data);
    auto checkpoint = harness.values().clone();
    if (t > 0) {
      harness.values().add_(0.3);  // so that springs drag some parameters uphill
    }
    auto path = at::zeros_like(checkpoint), score = at::zeros_like(checkpoint);
    for (int i = 1; i <= 5; ++i) {  // two intervals, and half of one
      const auto before = harness.values().clone();
      const auto loss = loss_of(harness, data);
      const auto gradient = harness.gradient_of(loss);
      auto expected_loss = loss.item<double>();
      auto expected_gradient = gradient.clone();
      if (stiffness.defined()) {
        const auto drift = before - anchor;
        expected_loss += 2 * (stiffness * drift.square()).sum().item<double>();
        expected_gradient += 4 * stiffness * drift;
      }
      EXPECT_NEAR(harness.observe(data.raw, data.labels), expected_loss, 1e-5 * expected_loss);
      EXPECT_TRUE(harness.grads().allclose(expected_gradient, 1e-3, 1e-5));
      fisher = 0.75 * gradient.square() + 0.25 * fisher;
      path += gradient * (before - harness.values());
      if (i % 2 == 0 || i == 5) {
        score += path / (0.5 * fisher * (harness.values() - checkpoint).square() + 1e-4);
        path.zero_();
        checkpoint = harness.values().clone();
      }
    }
    harness.end_task();
    mean_score = t == 0 ? score : (mean_score + score) / 2;
    const auto saved = mean_score.clamp_min(0);
    stiffness = fisher / fisher.max() + saved / saved.max();
    anchor = harness.values().clone();
    ASSERT_EQ(mean_score.lt(0).any().item<bool>(), t > 0);
    EXPECT_TRUE(spring(harness, "importance").allclose(stiffness, 1e-2, 1e-4))
        << at::stack({spring(harness, "importance"), stiffness}, 1);
    EXPECT_TRUE(spring(harness, "anchor").equal(anchor));
  }
}

TEST(Rwalk, StaysFiniteWhereNothingMoves) {
  // Inputs of zero: most gradients are exactly 0, and so are the distances.
  ModelHarness harness({"rwalk", {{"epsilon", "1e-38"}, {"delta-t", "1"}}});
  auto data = task(0);
  data.raw.zero_();
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(data);
    harness.train(4);
    harness.end_task();
    EXPECT_TRUE(spring(harness, "importance").isfinite().all().item<bool>());
    EXPECT_LE(spring(harness, "importance").max().item<double>(), 2.0001);
  }
}

TEST(Rwalk, LeavesGrownParametersFree) {
  clh::test::HarnessPlan plan{"rwalk"};
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2};
  ModelHarness harness(plan);
  harness.begin_task(random_task(12, {2}, {0, 1}, 1));
  harness.train(4);
  harness.end_task();
  const auto held = harness.values().size(0);
  const auto data = random_task(12, {2}, {2, 3}, 2);
  harness.begin_task(data);
  harness.values().add_(0.5);
  const auto gradient = harness.gradient_of(loss_of(harness, data));
  harness.observe(data.raw, data.labels);
  const auto grown = harness.values().size(0) - held;
  ASSERT_GT(grown, 0);
  EXPECT_TRUE(harness.grads().narrow(0, held, grown).equal(gradient.narrow(0, held, grown)));
  EXPECT_FALSE(harness.grads().narrow(0, 0, held).allclose(gradient.narrow(0, 0, held)));
  harness.end_task();
  EXPECT_EQ(spring(harness, "importance").size(0), held + grown);
}

}  // namespace rwalk_test
