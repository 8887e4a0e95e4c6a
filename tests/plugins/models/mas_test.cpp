#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace mas_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

at::Tensor stiffness(const ModelBench& bench) {
  return std::get<at::Tensor>(bench.model_state()->children.at("penalty")->values.at("importance"));
}

BenchPlan plan_for(const std::string& backbone, OptionTexts options = {}) {
  BenchPlan plan{"mas", std::move(options)};
  plan.backbone = backbone;
  if (backbone == "mlp") {
    plan.backbone_options = {{"width", "5"}, {"depth", "2"}};
  } else {
    plan.input = {1, 4, 4};
    plan.backbone_options = {{"channels", "2"}, {"features", "3"}};
  }
  return plan;
}

/// The definition, `n` samples at a time: mean of |d |f|^2 / d theta|.
at::Tensor slow_importance(const ModelBench& bench, const BenchTask& task, std::int64_t n,
                           const std::vector<std::int64_t>& outputs = {0, 1, 2, 3}) {
  auto sum = at::zeros({bench.values().size(0)}, at::kDouble);
  for (const auto& x : task.raw.split(n)) {
    const auto counted = bench.forward(x).index_select(1, at::tensor(outputs, at::kLong));
    sum += bench.gradient_of(counted.square().sum()).abs();
  }
  return sum / static_cast<double>(task.raw.size(0));
}

/// The mlp's comes in closed form, the cnn's from one sample at a time.
TEST(Mas, ImportanceIsTheMeanMagnitudeOfEachSamplesGradient) {
  for (const std::string backbone : {"mlp", "cnn"}) {
    const auto plan = plan_for(backbone);
    ModelBench bench(plan);
    const auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
    bench.begin_task(task);
    bench.train(4);
    const auto expected = slow_importance(bench, task, 1);
    ASSERT_GT(expected.max().item<double>(), 1e-2);
    ASSERT_FALSE(expected.allclose(slow_importance(bench, task, 4), 1e-2));
    bench.end_task();
    EXPECT_TRUE(stiffness(bench).to(at::kDouble).allclose(expected, 1e-4, 1e-6)) << backbone;
    EXPECT_TRUE(bench.grads().eq(0).all().item<bool>()) << backbone;  // nothing left behind
  }
}

TEST(Mas, CanUseBatchMeans) {
  const auto plan = plan_for("mlp", {{"per-sample", "false"}});
  ModelBench bench(plan);
  const auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
  bench.begin_task(task);
  bench.train(4);
  const auto expected = slow_importance(bench, task, 4);
  bench.end_task();
  EXPECT_TRUE(stiffness(bench).to(at::kDouble).allclose(expected, 1e-4, 1e-6));
}

TEST(Mas, UsesNoLabels) {
  const auto plan = plan_for("mlp");
  at::Tensor found[2];
  for (const int shift : {0, 1}) {
    ModelBench bench(plan);
    auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
    task.labels = task.labels.roll(shift);
    bench.begin_task(task);
    bench.end_task();
    found[shift] = stiffness(bench);
  }
  EXPECT_TRUE(found[0].equal(found[1]));
}

TEST(Mas, CountsTheOutputsAskedFor) {
  auto plan = plan_for("mlp", {{"outputs", "task"}});
  for (const bool multi : {false, true}) {
    if (multi) {
      plan.options.clear();
      plan.head = clh::core::HeadForm::kMultiHead;
      plan.blocks = {2, 2};
    }
    ModelBench bench(plan);
    const auto task = random_task(10, plan.input, {2, 3}, 3);
    bench.begin_task(task);
    bench.train(4);
    const auto expected = slow_importance(bench, task, 1, {2, 3});
    bench.end_task();
    EXPECT_TRUE(stiffness(bench).to(at::kDouble).allclose(expected, 1e-4, 1e-6)) << multi;
    const auto& info = bench.network().info();
    for (std::int64_t i = 0; multi && i < info.n_slots; ++i) {
      const auto& slot = info.slots[i];
      const auto part = stiffness(bench).narrow(0, slot.offset, slot.count);
      EXPECT_EQ(part.gt(0).any().item<bool>(), slot.first_output != 0) << slot.name;
    }
  }
}

TEST(Mas, AddsTasksOrAveragesThem) {
  for (const std::string how : {"sum", "ema"}) {
    OptionTexts options{{"accumulate", how}};
    if (how == "ema") {
      options["alpha"] = "0.25";
    }
    const auto plan = plan_for("mlp", options);
    ModelBench bench(plan);
    std::vector<at::Tensor> single;
    for (int t = 0; t < 2; ++t) {
      const auto task =
          random_task(10, plan.input, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) + 1);
      bench.begin_task(task);
      bench.train(5);
      single.push_back(slow_importance(bench, task, 1));
      bench.end_task();
    }
    const auto expected =
        how == "sum" ? single[0] + single[1] : 0.25 * single[0] + 0.75 * single[1];
    EXPECT_TRUE(stiffness(bench).to(at::kDouble).allclose(expected, 1e-4, 1e-6)) << how;
  }
}

TEST(Mas, PenaltyIsLambdaTimesImportanceTimesSquare) {
  const auto plan = plan_for("mlp", {{"lambda", "0.5"}});
  ModelBench bench(plan);
  const auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
  bench.begin_task(task);
  bench.train(4);
  bench.end_task();
  const auto anchor = bench.values().clone(), omega = stiffness(bench);
  ASSERT_LT(omega.max().item<double>(), 10);  // below 1 / rate: no spring is bounded
  bench.begin_task(task);
  bench.values().add_(0.3 * at::randn(anchor.sizes(), at::detail::createCPUGenerator(5)));
  const auto drift = bench.values() - anchor;
  const auto loss = at::cross_entropy_loss(bench.forward(task.raw), task.labels);
  const auto gradient = bench.gradient_of(loss) + omega * drift;
  const auto penalty = 0.5 * (omega * drift.square()).sum().item<double>();
  ASSERT_GT(penalty, 0.01);
  EXPECT_NEAR(bench.observe(task.raw, task.labels), loss.item<double>() + penalty, 1e-4);
  EXPECT_TRUE(bench.grads().allclose(gradient, 1e-4, 1e-5));
}

TEST(Mas, RefusesAnAlphaThatItWouldNotUse) {
  EXPECT_ANY_THROW(ModelBench(plan_for("mlp", {{"alpha", "0.1"}})));
}

}  // namespace mas_test
