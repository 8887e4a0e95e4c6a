#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones_like.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace wsn_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

// fc1 weight (8x2) at 0 and bias (8), fc2 weight (8x8) and bias (8), head weight (4x8) and bias
// (4).
constexpr std::int64_t kFirst = 16, kFirstBias = 16, kSecond = 24, kHead = 96;

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"wsn", std::move(options)};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.backbone_options = {{"width", "8"}, {"depth", "2"}};
  return plan;
}

HarnessTask task(int t) {
  return random_task(20, {2}, {2 * (t % 2), 2 * (t % 2) + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// [88]: scores at the places of the weights.
at::Tensor scores(ModelHarness& harness) {
  const auto saved = harness.save();
  return std::get<at::Tensor>(
      saved->record.children.at("optimizer")->children.at("values.scores")->values.at("values"));
}

/// [88]: 1 at the weights of the finished task's subnetwork, and at biases.
at::Tensor subnetwork(const ModelHarness& harness, int t) {
  const auto hidden = std::get<at::Tensor>(
      harness.model_state()->children.at("hidden")->values.at(std::to_string(t)));
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
  ModelHarness harness(plan_with({{"share", "0.25"}}));
  const auto data = task(0);
  harness.begin_task(data);
  const auto s = scores(harness);
  const auto mask = best(s, 0.25);
  EXPECT_EQ(mask.narrow(0, 0, kFirst).sum().item<std::int64_t>(), 4);
  EXPECT_EQ(mask.narrow(0, kSecond, 64).sum().item<std::int64_t>(), 16);
  const auto w = harness.values().clone();

  auto masked = w.clone();
  masked.narrow(0, 0, 88).mul_(mask);
  harness.values().copy_(masked);
  const auto loss = at::cross_entropy_loss(harness.forward(data.raw), data.labels);
  const auto gradient = harness.gradient_of(loss);
  harness.values().copy_(w);

  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-6);
  auto expected = gradient.clone();
  expected.narrow(0, 0, 88).mul_(mask);
  EXPECT_TRUE(harness.values().allclose(w - 0.1 * expected, 1e-5, 1e-7));
  const auto through = gradient.narrow(0, 0, 88) * w.narrow(0, 0, 88) * s.sign();
  ASSERT_GT(through.masked_select(mask.eq(0)).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(scores(harness).allclose(s - 0.1 * through, 1e-5, 1e-7));
  EXPECT_TRUE(s.narrow(0, kFirstBias, 8).eq(0).all().item<bool>());
}

TEST(Wsn, AWholeSubnetworkIsPlainFineTuningInTheFirstTask) {
  ModelHarness harness(plan_with({{"share", "1"}}));
  auto plain = plan_with({});
  plain.model = "sgd";
  ModelHarness sgd(plain);
  for (auto* each : {&harness, &sgd}) {
    each->begin_task(task(0));
    each->train(5);
    each->end_task();
  }
  EXPECT_TRUE(harness.values().equal(sgd.values()));
}

TEST(Wsn, WeightsOfEarlierSubnetworksMayBeUsedButNeverChange) {
  ModelHarness harness(plan_with({}));
  harness.begin_task(task(0));
  const auto initial = harness.values().clone();
  harness.train(5);
  EXPECT_TRUE(harness.values().ne(initial).narrow(0, kFirstBias, 8).any().item<bool>());
  harness.end_task();
  const auto first = subnetwork(harness, 0);
  EXPECT_TRUE(first.equal(best(scores(harness), 0.5)));
  const auto kept = harness.values().clone();
  harness.begin_task(task(1));
  for (int epoch = 0; epoch < 20; ++epoch) {
    harness.train(5);
  }
  const auto changed = harness.values().ne(kept);
  harness.end_task();
  const auto second = subnetwork(harness, 1);
  EXPECT_FALSE(changed.narrow(0, 0, 88).logical_and(first.gt(0)).any().item<bool>());
  EXPECT_TRUE(changed.narrow(0, 0, 88).logical_and(first.eq(0)).any().item<bool>());
  EXPECT_TRUE(changed.narrow(0, kHead, 36).any().item<bool>());
  EXPECT_FALSE(second.equal(first));
  auto shared = first * second;
  shared.narrow(0, kFirstBias, 8).zero_();
  EXPECT_GT(shared.sum().item<std::int64_t>(), 0);
}

TEST(Wsn, ATaskIsAnsweredByItsSubnetworkAndHead) {
  ModelHarness harness(plan_with({}));
  std::vector<at::Tensor> heads;
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(task(t));
    harness.train(5);
    harness.end_task();
    heads.push_back(harness.values().narrow(0, kHead, 36).clone());
  }
  const auto x = task(7).raw;
  const auto own = harness.values().clone();
  for (int t = 0; t < 2; ++t) {
    const auto answer = harness.predict(x, t);
    EXPECT_TRUE(harness.values().equal(own));
    auto values = own.clone();
    values.narrow(0, 0, 88).mul_(subnetwork(harness, t));
    values.narrow(0, kHead, 36).copy_(heads[static_cast<std::size_t>(t)]);
    harness.values().copy_(values);
    EXPECT_TRUE(answer.allclose(harness.forward(x).detach(), 1e-6, 1e-7)) << t;
    harness.values().copy_(own);
  }
}

TEST(Wsn, ScoresAreDrawnAnewOnlyIfAsked) {
  for (const bool reset : {true, false}) {
    ModelHarness harness(plan_with({{"score-reset", reset ? "true" : "false"}}));
    harness.begin_task(task(0));
    harness.train(5);
    harness.end_task();
    const auto before = scores(harness);
    harness.begin_task(task(1));
    EXPECT_EQ(scores(harness).equal(before), !reset);
  }
}

}  // namespace wsn_test
