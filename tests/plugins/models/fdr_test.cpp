#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <functional>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace fdr_test {

using clh::core::HeadForm;
using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.1;

/// Column `column` of the memory: 0 raw, 1 labels, 2 outputs.
at::Tensor memory(const ModelBench& bench, const char* column) {
  const auto state = bench.model_state();
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
  std::unique_ptr<ModelBench> in_second_task(BenchPlan plan) {
    plan.rate = kRate;
    auto bench = std::make_unique<ModelBench>(plan);
    bench->begin_task(first);
    bench->observe(first.raw, first.labels);
    bench->end_task();
    then = bench->forward(first.raw).detach();
    bench->begin_task(second);
    bench->values().mul_(2);  // away from distance 0, where its gradient is rounding
    return bench;
  }
  /// One step on the second task, then one on alpha times `distance_now`.
  void expect_two_steps(ModelBench& bench, double alpha,
                        const std::function<at::Tensor()>& distance_now) const {
    const auto start = bench.values().clone();
    const auto loss = at::cross_entropy_loss(bench.forward(second.raw), second.labels);
    bench.values().sub_(bench.gradient_of(loss), kRate);
    const auto gap = alpha * distance_now();
    const auto expected = bench.values() - kRate * bench.gradient_of(gap);
    EXPECT_GT((expected - bench.values()).abs().max().item<double>(), 1e-5);
    bench.values().copy_(start);
    EXPECT_NEAR(bench.observe(second.raw, second.labels), (loss + gap).item<double>(), 1e-5);
    EXPECT_TRUE(bench.values().allclose(expected, 1e-5, 1e-6));
  }

  const BenchTask first = random_task(2, {2}, {0, 1}, 7);
  const BenchTask second = random_task(2, {2}, {2, 3}, 8);
  at::Tensor then;  // outputs for the first task's samples at its end, [2, C]
};

TEST_F(FdrTest, StepsOnTheBatchThenTowardsTheRememberedOutputs) {
  for (const double alpha : {1.0, 0.3}) {
    const auto bench = in_second_task({"fdr", {{"alpha", std::to_string(alpha)}}});
    expect_two_steps(*bench, alpha, [&] { return distance(bench->forward(first.raw), then); });
  }
}

TEST_F(FdrTest, ComparesOnlyOutputsThatExisted) {
  BenchPlan plan{"fdr"};
  plan.head = HeadForm::kIncremental;
  plan.blocks = {2, 2};
  const auto bench = in_second_task(plan);
  expect_two_steps(*bench, 1,
                   [&] { return distance(bench->forward(first.raw).narrow(1, 0, 2), then); });
}

TEST_F(FdrTest, ComparesAMultiHeadsOwnBlock) {
  BenchPlan plan{"fdr"};
  plan.head = HeadForm::kMultiHead;
  plan.blocks = {2, 2};
  plan.rate = kRate;
  const auto bench = in_second_task(plan);
  const auto stored = memory(*bench, "2");
  EXPECT_TRUE(stored.isnan().sum(0).equal(at::tensor(std::vector<std::int64_t>{0, 0, 2, 2})));
  const auto loss =
      at::cross_entropy_loss(bench->forward(second.raw).narrow(1, 2, 2), second.labels - 2);
  bench->set_rate(1e-30);  // the first step moves nothing, so that the second sees these values
  const auto gap = distance(bench->forward(first.raw).narrow(1, 0, 2), then.narrow(1, 0, 2));
  EXPECT_NEAR(bench->observe(second.raw, second.labels), (loss + gap).item<double>(), 1e-5);
  EXPECT_TRUE(bench->grads().allclose(bench->gradient_of(gap), 1e-4, 1e-6));
}

TEST_F(FdrTest, ADistanceOfZeroHasAGradient) {
  const auto bench = in_second_task({"fdr"});
  bench->values().div_(2);  // as at the end of the first task
  bench->set_rate(1e-30);
  bench->observe(second.raw, second.labels);
  EXPECT_TRUE(bench->grads().isfinite().all().item<bool>());
}

TEST_F(FdrTest, KeepsTheFirstSamplesOfEveryTaskInEqualParts) {
  ModelBench bench({"fdr", {{"buffer-size", "7"}}});
  const std::vector<std::vector<std::int64_t>> counts{{7}, {3, 3}, {2, 2, 2}};
  at::Tensor before;
  for (std::int64_t t = 0; t < 3; ++t) {
    const auto task = random_task(10, {2}, {t}, static_cast<std::uint64_t>(t) + 1);
    bench.begin_task(task);
    bench.train(5);
    bench.end_task();
    const auto raw = memory(bench, "0"), labels = memory(bench, "1"), outputs = memory(bench, "2");
    const auto part = counts[static_cast<std::size_t>(t)][0];
    ASSERT_EQ(labels.size(0), part * (t + 1));
    for (std::int64_t old = 0; old <= t; ++old) {
      EXPECT_TRUE(labels.narrow(0, old * part, part).eq(old).all().item<bool>());
    }
    // What was remembered last is what the network says now.
    const auto last = raw.narrow(0, t * part, part);
    EXPECT_TRUE(outputs.narrow(0, t * part, part).allclose(bench.forward(last)));
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
