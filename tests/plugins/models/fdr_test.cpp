#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <functional>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace fdr_test {

using clh::core::HeadForm;
using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.1;

/// Column `column` of the memory: 0 raw, 1 labels, 2 outputs.
at::Tensor memory(const ModelHarness& harness, const char* column) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("memory")->children.at("samples")->children.at("columns")->values.at(
          column));
}

/// Mean Euclidean distance of two softmaxes [m, k].
at::Tensor distance(const at::Tensor& now, const at::Tensor& then) {
  return (now.softmax(1) - then.softmax(1)).square().sum(1).sqrt().mean();
}

class FdrTest : public ::testing::Test {
 protected:
  /// In the second task, with both samples of the first in memory.
  std::unique_ptr<ModelHarness> in_second_task(HarnessPlan plan) {
    plan.rate = kRate;
    auto harness = std::make_unique<ModelHarness>(plan);
    harness->begin_task(first);
    harness->observe(first.raw, first.labels);
    harness->end_task();
    then = harness->forward(first.raw).detach();
    harness->begin_task(second);
    harness->values().mul_(2);  // away from distance 0, where its gradient is rounding
    return harness;
  }
  /// One step on the second task, then one on alpha times `distance_now`.
  void expect_two_steps(ModelHarness& harness, double alpha,
                        const std::function<at::Tensor()>& distance_now) const {
    const auto start = harness.values().clone();
    const auto loss = at::cross_entropy_loss(harness.forward(second.raw), second.labels);
    harness.values().sub_(harness.gradient_of(loss), kRate);
    const auto gap = alpha * distance_now();
    const auto expected = harness.values() - kRate * harness.gradient_of(gap);
    EXPECT_GT((expected - harness.values()).abs().max().item<double>(), 1e-5);
    harness.values().copy_(start);
    EXPECT_NEAR(harness.observe(second.raw, second.labels), (loss + gap).item<double>(), 1e-5);
    EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
  }

  const HarnessTask first = random_task(2, {2}, {0, 1}, 7);
  const HarnessTask second = random_task(2, {2}, {2, 3}, 8);
  at::Tensor then;  // outputs for the first task's samples at its end, [2, C]
};

TEST_F(FdrTest, StepsOnTheBatchThenTowardsTheRememberedOutputs) {
  for (const double alpha : {1.0, 0.3}) {
    const auto harness = in_second_task({"fdr", {{"alpha", std::to_string(alpha)}}});
    expect_two_steps(*harness, alpha, [&] { return distance(harness->forward(first.raw), then); });
  }
}

TEST_F(FdrTest, ComparesOnlyOutputsThatExisted) {
  HarnessPlan plan{"fdr"};
  plan.head = HeadForm::kIncremental;
  plan.blocks = {2, 2};
  const auto harness = in_second_task(plan);
  expect_two_steps(*harness, 1,
                   [&] { return distance(harness->forward(first.raw).narrow(1, 0, 2), then); });
}

TEST_F(FdrTest, ComparesAMultiHeadsOwnBlock) {
  HarnessPlan plan{"fdr"};
  plan.head = HeadForm::kMultiHead;
  plan.blocks = {2, 2};
  plan.rate = kRate;
  const auto harness = in_second_task(plan);
  const auto stored = memory(*harness, "2");
  EXPECT_TRUE(stored.isnan().sum(0).equal(at::tensor(std::vector<std::int64_t>{0, 0, 2, 2})));
  const auto loss =
      at::cross_entropy_loss(harness->forward(second.raw).narrow(1, 2, 2), second.labels - 2);
  harness->set_rate(1e-30);  // the first step moves nothing, so that the second sees these values
  const auto gap = distance(harness->forward(first.raw).narrow(1, 0, 2), then.narrow(1, 0, 2));
  EXPECT_NEAR(harness->observe(second.raw, second.labels), (loss + gap).item<double>(), 1e-5);
  EXPECT_TRUE(harness->grads().allclose(harness->gradient_of(gap), 1e-4, 1e-6));
}

TEST_F(FdrTest, ADistanceOfZeroHasAGradient) {
  const auto harness = in_second_task({"fdr"});
  harness->values().div_(2);  // as at the end of the first task
  harness->set_rate(1e-30);
  harness->observe(second.raw, second.labels);
  EXPECT_TRUE(harness->grads().isfinite().all().item<bool>());
}

TEST_F(FdrTest, KeepsTheFirstSamplesOfEveryTaskInEqualParts) {
  ModelHarness harness({"fdr", {{"buffer-size", "7"}}});
  const std::vector<std::vector<std::int64_t>> counts{{7}, {3, 3}, {2, 2, 2}};
  at::Tensor before;
  for (std::int64_t t = 0; t < 3; ++t) {
    const auto task = random_task(10, {2}, {t}, static_cast<std::uint64_t>(t) + 1);
    harness.begin_task(task);
    harness.train(5);
    harness.end_task();
    const auto raw = memory(harness, "0"), labels = memory(harness, "1"),
               outputs = memory(harness, "2");
    const auto part = counts[static_cast<std::size_t>(t)][0];
    ASSERT_EQ(labels.size(0), part * (t + 1));
    for (std::int64_t old = 0; old <= t; ++old) {
      EXPECT_TRUE(labels.narrow(0, old * part, part).eq(old).all().item<bool>());
    }
    // What was remembered last is what the network says now.
    const auto last = raw.narrow(0, t * part, part);
    EXPECT_TRUE(outputs.narrow(0, t * part, part).allclose(harness.forward(last)));
    if (t == 2) {  // the second task's first two of three
      EXPECT_TRUE(raw.narrow(0, 2, 2).equal(before.narrow(0, 3, 2)));
    }
    before = raw;
  }
}

TEST_F(FdrTest, RefusesWhatHasNoEffectOrNoRoom) {
  EXPECT_ANY_THROW(in_second_task({"fdr", {{"formula", "reference-code"}, {"alpha", "0.5"}}}));
  EXPECT_ANY_THROW(in_second_task({"fdr", {{"buffer-size", "1"}}}));  // no sample for each task
  EXPECT_NO_THROW(in_second_task({"fdr", {{"formula", "reference-code"}}}));
}

}  // namespace fdr_test
