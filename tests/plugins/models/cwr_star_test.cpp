#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace cwr_star_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

// fc1 weight (6) and bias (3), head weight (12) and bias (4).
constexpr std::int64_t kBackbone = 9;

at::Tensor rows(const ModelBench& bench) {
  return bench.values().narrow(0, kBackbone, 12).view({4, 3}).clone();
}
at::Tensor biases(const ModelBench& bench) {
  return bench.values().narrow(0, kBackbone + 12, 4).clone();
}
at::Tensor backbone(const ModelBench& bench) {
  return bench.values().narrow(0, 0, kBackbone).clone();
}

/// Trains, and returns what the rows were before they were consolidated.
at::Tensor train(ModelBench& bench, const BenchTask& task) {
  bench.begin_task(task);
  bench.train(4);
  bench.train(4);  // a second epoch does not count its samples again
  auto trained = rows(bench);
  bench.end_task();
  return trained;
}

TEST(CwrStar, NewClassesAreKeptWithTheTasksMeanTakenOff) {
  ModelBench bench({"cwr-star"});
  const auto trained = train(bench, random_task(12, {2}, {0, 1}, 1));
  const auto own = trained.narrow(0, 0, 2);
  EXPECT_TRUE(rows(bench).narrow(0, 0, 2).allclose(own - own.sum() / 6, 1e-5, 1e-7));
  EXPECT_GT(trained.narrow(0, 2, 2).abs().max().item<double>(), 1e-4);  // trained, but not kept
  EXPECT_TRUE(rows(bench).narrow(0, 2, 2).eq(0).all().item<bool>());
}

TEST(CwrStar, ClassesSeenAgainAreAveragedByTheRootOfTheirShare) {
  ModelBench bench({"cwr-star"});
  train(bench, random_task(16, {2}, {0, 1}, 1));  // eight of each
  const auto first = rows(bench);
  BenchTask second = random_task(8, {2}, {1, 2}, 2);
  second.labels = at::tensor({1, 1, 2, 2, 2, 2, 2, 2}, at::kLong);
  const auto trained = train(bench, second);
  const auto fresh = trained - trained.narrow(0, 1, 2).sum() / 6;
  const auto now = rows(bench);
  EXPECT_TRUE(now[0].equal(first[0]));
  EXPECT_TRUE(now[1].allclose((first[1] * 2 + fresh[1]) / 3, 1e-5, 1e-7));  // sqrt(8/2) = 2
  EXPECT_TRUE(now[2].allclose(fresh[2], 1e-5, 1e-7));
  EXPECT_TRUE(now[3].eq(0).all().item<bool>());
  // Once more: ten of class 1 so far, and ten more.
  BenchTask third = random_task(10, {2}, {1}, 3);
  const auto again = train(bench, third);
  const auto alone = again[1] - again[1].mean();
  EXPECT_TRUE(rows(bench)[1].allclose((now[1] + alone) / 2, 1e-5, 1e-7));
}

TEST(CwrStar, ATaskStartsFromConsolidatedRowsOfItsClassesAndZerosElse) {
  ModelBench bench({"cwr-star"});
  train(bench, random_task(12, {2}, {0, 1}, 1));
  const auto kept = rows(bench);
  bench.begin_task(random_task(12, {2}, {1, 2}, 2));
  EXPECT_TRUE(rows(bench)[1].equal(kept[1]));
  for (const int c : {0, 2, 3}) {
    EXPECT_TRUE(rows(bench)[c].eq(0).all().item<bool>()) << c;
  }
}

TEST(CwrStar, TheBackboneLearnsInTheFirstTaskAlone) {
  for (const bool freeze : {true, false}) {
    ModelBench bench({"cwr-star", {{"freeze", freeze ? "true" : "false"}}});
    const auto initial = backbone(bench);
    train(bench, random_task(12, {2}, {0, 1}, 1));
    const auto learned = backbone(bench);
    EXPECT_FALSE(learned.equal(initial));
    train(bench, random_task(12, {2}, {2, 3}, 2));
    EXPECT_EQ(backbone(bench).equal(learned), freeze);
  }
}

TEST(CwrStar, AFrozenBackboneKeepsItsRunningStatistics) {
  BenchPlan plan{"cwr-star"};
  plan.backbone = "resnet18";
  plan.backbone_options = {{"width", "1"}};
  plan.input = {1, 8, 8};
  ModelBench bench(plan);
  const auto probe = random_task(4, plan.input, {0}, 9).raw;
  const auto features = [&] {
    bench.network().set_training(false);
    return bench.network().features(probe).detach();
  };
  const auto initial = features();
  for (int t = 0; t < 2; ++t) {
    const auto before = features();
    bench.begin_task(random_task(12, plan.input, {2 * t, 2 * t + 1}, 1));
    bench.train(4);
    bench.end_task();
    EXPECT_EQ(features().equal(before), t == 1);
  }
}

TEST(CwrStar, OutputsHaveABiasOnlyIfAsked) {
  for (const bool bias : {true, false}) {
    ModelBench bench({"cwr-star", {{"bias", bias ? "true" : "false"}}});
    train(bench, random_task(12, {2}, {0, 1}, 1));
    EXPECT_EQ(biases(bench).eq(0).all().item<bool>(), !bias);
  }
}

TEST(CwrStar, AHeadThatGrowsKeepsItsRows) {
  BenchPlan plan{"cwr-star"};
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2};
  ModelBench bench(plan);
  const auto x = random_task(4, {2}, {0}, 3).raw;
  bench.begin_task(random_task(12, {2}, {0, 1}, 1));
  bench.train(4);
  bench.end_task();
  const auto outputs = bench.predict(x);
  EXPECT_GT(outputs.abs().max().item<double>(), 1e-4);
  bench.begin_task(random_task(12, {2}, {2, 3}, 2));
  bench.train(4);
  bench.end_task();
  const auto later = bench.predict(x);
  EXPECT_TRUE(later.narrow(1, 0, 2).equal(outputs));
  EXPECT_GT(later.narrow(1, 2, 2).abs().max().item<double>(), 1e-4);
}

}  // namespace cwr_star_test
