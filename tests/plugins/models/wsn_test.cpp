#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones_like.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace wsn_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

// fc1 weight (8x2) at 0 and bias (8), fc2 weight (8x8) and bias (8), head weight (4x8) and bias
// (4).
constexpr std::int64_t kFirst = 16, kFirstBias = 16, kSecond = 24, kHead = 96;

BenchPlan plan_with(OptionTexts options) {
  BenchPlan plan{"wsn", std::move(options)};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.backbone_options = {{"width", "8"}, {"depth", "2"}};
  return plan;
}

BenchTask task(int t) {
  return random_task(20, {2}, {2 * (t % 2), 2 * (t % 2) + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// [88]: scores at the places of the weights.
at::Tensor scores(ModelBench& bench) {
  const auto saved = bench.save();
  return std::get<at::Tensor>(
      saved->record.children.at("optimizer")->children.at("values.scores")->values.at("values"));
}

/// [88]: 1 at the weights of the finished task's subnetwork, and at biases.
at::Tensor subnetwork(const ModelBench& bench, int t) {
  const auto hidden = std::get<at::Tensor>(
      bench.model_state()->children.at("hidden")->values.at(std::to_string(t)));
  return hidden.logical_not().to(at::kFloat);
}

/// The best `c` of |s| in each layer, by sorting.
at::Tensor best(const at::Tensor& s, double c) {
  auto mask = at::ones_like(s);
  for (const auto& [offset, count] :
       {std::pair<std::int64_t, std::int64_t>{0, kFirst}, {kSecond, 64}}) {
    const auto size = s.narrow(0, offset, count).abs();
    const auto place = static_cast<std::int64_t>((1 - c) * static_cast<double>(count));
    const auto bound = std::get<0>(size.sort())[place].item<float>();
    mask.narrow(0, offset, count).copy_(size.ge(bound));
  }
  return mask;
}

TEST(Wsn, AStepIsThatOfTheSubnetworkAndStraightThroughForTheScores) {
  ModelBench bench(plan_with({{"share", "0.25"}}));
  const auto data = task(0);
  bench.begin_task(data);
  const auto s = scores(bench);
  const auto mask = best(s, 0.25);
  EXPECT_EQ(mask.narrow(0, 0, kFirst).sum().item<std::int64_t>(), 4);
  EXPECT_EQ(mask.narrow(0, kSecond, 64).sum().item<std::int64_t>(), 16);
  const auto w = bench.values().clone();

  auto masked = w.clone();
  masked.narrow(0, 0, 88).mul_(mask);
  bench.values().copy_(masked);
  const auto loss = at::cross_entropy_loss(bench.forward(data.raw), data.labels);
  const auto gradient = bench.gradient_of(loss);
  bench.values().copy_(w);

  EXPECT_NEAR(bench.observe(data.raw, data.labels), loss.item<double>(), 1e-6);
  auto expected = gradient.clone();
  expected.narrow(0, 0, 88).mul_(mask);
  EXPECT_TRUE(bench.values().allclose(w - 0.1 * expected, 1e-5, 1e-7));
  const auto through = gradient.narrow(0, 0, 88) * w.narrow(0, 0, 88) * s.sign();
  ASSERT_GT(through.masked_select(mask.eq(0)).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(scores(bench).allclose(s - 0.1 * through, 1e-5, 1e-7));
  EXPECT_TRUE(s.narrow(0, kFirstBias, 8).eq(0).all().item<bool>());
}

TEST(Wsn, AWholeSubnetworkIsPlainFineTuningInTheFirstTask) {
  ModelBench bench(plan_with({{"share", "1"}}));
  auto plain = plan_with({});
  plain.model = "sgd";
  ModelBench sgd(plain);
  for (auto* each : {&bench, &sgd}) {
    each->begin_task(task(0));
    each->train(5);
    each->end_task();
  }
  EXPECT_TRUE(bench.values().equal(sgd.values()));
}

TEST(Wsn, WeightsOfEarlierSubnetworksMayBeUsedButNeverChange) {
  ModelBench bench(plan_with({}));
  bench.begin_task(task(0));
  const auto initial = bench.values().clone();
  bench.train(5);
  EXPECT_TRUE(bench.values().ne(initial).narrow(0, kFirstBias, 8).any().item<bool>());
  bench.end_task();
  const auto first = subnetwork(bench, 0);
  EXPECT_TRUE(first.equal(best(scores(bench), 0.5)));
  const auto kept = bench.values().clone();
  bench.begin_task(task(1));
  for (int epoch = 0; epoch < 20; ++epoch) {
    bench.train(5);
  }
  const auto changed = bench.values().ne(kept);
  bench.end_task();
  const auto second = subnetwork(bench, 1);
  EXPECT_FALSE(changed.narrow(0, 0, 88).logical_and(first.gt(0)).any().item<bool>());
  EXPECT_TRUE(changed.narrow(0, 0, 88).logical_and(first.eq(0)).any().item<bool>());
  EXPECT_TRUE(changed.narrow(0, kHead, 36).any().item<bool>());
  EXPECT_FALSE(second.equal(first));
  auto shared = first * second;
  shared.narrow(0, kFirstBias, 8).zero_();
  EXPECT_GT(shared.sum().item<std::int64_t>(), 0);
}

TEST(Wsn, ATaskIsAnsweredByItsSubnetworkAndHead) {
  ModelBench bench(plan_with({}));
  std::vector<at::Tensor> heads;
  for (int t = 0; t < 2; ++t) {
    bench.begin_task(task(t));
    bench.train(5);
    bench.end_task();
    heads.push_back(bench.values().narrow(0, kHead, 36).clone());
  }
  const auto x = task(7).raw;
  const auto own = bench.values().clone();
  for (int t = 0; t < 2; ++t) {
    const auto answer = bench.predict(x, t);
    EXPECT_TRUE(bench.values().equal(own));
    auto values = own.clone();
    values.narrow(0, 0, 88).mul_(subnetwork(bench, t));
    values.narrow(0, kHead, 36).copy_(heads[static_cast<std::size_t>(t)]);
    bench.values().copy_(values);
    EXPECT_TRUE(answer.allclose(bench.forward(x).detach(), 1e-6, 1e-7)) << t;
    bench.values().copy_(own);
  }
}

TEST(Wsn, ScoresAreDrawnAnewOnlyIfAsked) {
  for (const bool reset : {true, false}) {
    ModelBench bench(plan_with({{"score-reset", reset ? "true" : "false"}}));
    bench.begin_task(task(0));
    bench.train(5);
    bench.end_task();
    const auto before = scores(bench);
    bench.begin_task(task(1));
    EXPECT_EQ(scores(bench).equal(before), !reset);
  }
}

}  // namespace wsn_test
