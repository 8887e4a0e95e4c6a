#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace cwr_star_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

// fc1 weight (6) and bias (3), head weight (12) and bias (4).
constexpr std::int64_t kBackbone = 9;

at::Tensor rows(const ModelHarness& harness) {
  return harness.values().narrow(0, kBackbone, 12).view({4, 3}).clone();
}
at::Tensor biases(const ModelHarness& harness) {
  return harness.values().narrow(0, kBackbone + 12, 4).clone();
}
at::Tensor backbone(const ModelHarness& harness) {
  return harness.values().narrow(0, 0, kBackbone).clone();
}

/// Trains, and returns what the rows were before they were consolidated.
at::Tensor train(ModelHarness& harness, const HarnessTask& task) {
  harness.begin_task(task);
  harness.train(4);
  harness.train(4);  // a second epoch does not count its samples again
  auto trained = rows(harness);
  harness.end_task();
  return trained;
}

TEST(CwrStar, NewClassesAreKeptWithTheTasksMeanTakenOff) {
  ModelHarness harness({"cwr-star"});
  const auto trained = train(harness, random_task(12, {2}, {0, 1}, 1));
  const auto own = trained.narrow(0, 0, 2);
  EXPECT_TRUE(rows(harness).narrow(0, 0, 2).allclose(own - own.sum() / 6, 1e-5, 1e-7));
  EXPECT_GT(trained.narrow(0, 2, 2).abs().max().item<double>(), 1e-4);  // trained, but not kept
  EXPECT_TRUE(rows(harness).narrow(0, 2, 2).eq(0).all().item<bool>());
}

TEST(CwrStar, ClassesSeenAgainAreAveragedByTheRootOfTheirShare) {
  ModelHarness harness({"cwr-star"});
  train(harness, random_task(16, {2}, {0, 1}, 1));  // eight of each
  const auto first = rows(harness);
  HarnessTask second = random_task(8, {2}, {1, 2}, 2);
  second.labels = at::tensor({1, 1, 2, 2, 2, 2, 2, 2}, at::kLong);
  const auto trained = train(harness, second);
  const auto fresh = trained - trained.narrow(0, 1, 2).sum() / 6;
  const auto now = rows(harness);
  EXPECT_TRUE(now[0].equal(first[0]));
  EXPECT_TRUE(now[1].allclose((first[1] * 2 + fresh[1]) / 3, 1e-5, 1e-7));  // sqrt(8/2) = 2
  EXPECT_TRUE(now[2].allclose(fresh[2], 1e-5, 1e-7));
  EXPECT_TRUE(now[3].eq(0).all().item<bool>());
  // Once more: ten of class 1 so far, and ten more.
  HarnessTask third = random_task(10, {2}, {1}, 3);
  const auto again = train(harness, third);
  const auto alone = again[1] - again[1].mean();
  EXPECT_TRUE(rows(harness)[1].allclose((now[1] + alone) / 2, 1e-5, 1e-7));
}

TEST(CwrStar, ATaskStartsFromConsolidatedRowsOfItsClassesAndZerosElse) {
  ModelHarness harness({"cwr-star"});
  train(harness, random_task(12, {2}, {0, 1}, 1));
  const auto kept = rows(harness);
  harness.begin_task(random_task(12, {2}, {1, 2}, 2));
  EXPECT_TRUE(rows(harness)[1].equal(kept[1]));
  for (const int c : {0, 2, 3}) {
    EXPECT_TRUE(rows(harness)[c].eq(0).all().item<bool>()) << c;
  }
}

TEST(CwrStar, TheBackboneLearnsInTheFirstTaskAlone) {
  for (const bool freeze : {true, false}) {
    ModelHarness harness({"cwr-star", {{"freeze", freeze ? "true" : "false"}}});
    const auto initial = backbone(harness);
    train(harness, random_task(12, {2}, {0, 1}, 1));
    const auto learned = backbone(harness);
    EXPECT_FALSE(learned.equal(initial));
    train(harness, random_task(12, {2}, {2, 3}, 2));
    EXPECT_EQ(backbone(harness).equal(learned), freeze);
  }
}

TEST(CwrStar, AFrozenBackboneKeepsItsRunningStatistics) {
  HarnessPlan plan{"cwr-star"};
  plan.backbone = "resnet18";
  plan.backbone_options = {{"width", "1"}};
  plan.input = {1, 8, 8};
  ModelHarness harness(plan);
  const auto probe = random_task(4, plan.input, {0}, 9).raw;
  const auto features = [&] {
    harness.network().set_training(false);
    return harness.network().features(probe).detach();
  };
  const auto initial = features();
  for (int t = 0; t < 2; ++t) {
    const auto before = features();
    harness.begin_task(random_task(12, plan.input, {2 * t, 2 * t + 1}, 1));
    harness.train(4);
    harness.end_task();
    EXPECT_EQ(features().equal(before), t == 1);
  }
}

TEST(CwrStar, OutputsHaveABiasOnlyIfAsked) {
  for (const bool bias : {true, false}) {
    ModelHarness harness({"cwr-star", {{"bias", bias ? "true" : "false"}}});
    train(harness, random_task(12, {2}, {0, 1}, 1));
    EXPECT_EQ(biases(harness).eq(0).all().item<bool>(), !bias);
  }
}

TEST(CwrStar, AHeadThatGrowsKeepsItsRows) {
  HarnessPlan plan{"cwr-star"};
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2};
  ModelHarness harness(plan);
  const auto x = random_task(4, {2}, {0}, 3).raw;
  harness.begin_task(random_task(12, {2}, {0, 1}, 1));
  harness.train(4);
  harness.end_task();
  const auto outputs = harness.predict(x);
  EXPECT_GT(outputs.abs().max().item<double>(), 1e-4);
  harness.begin_task(random_task(12, {2}, {2, 3}, 2));
  harness.train(4);
  harness.end_task();
  const auto later = harness.predict(x);
  EXPECT_TRUE(later.narrow(1, 0, 2).equal(outputs));
  EXPECT_GT(later.narrow(1, 2, 2).abs().max().item<double>(), 1e-4);
}

}  // namespace cwr_star_test
