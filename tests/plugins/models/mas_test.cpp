#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace mas_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

at::Tensor stiffness(const ModelHarness& harness) {
  return std::get<at::Tensor>(
      harness.model_state()->children.at("penalty")->values.at("importance"));
}

HarnessPlan plan_for(const std::string& backbone, OptionTexts options = {}) {
  HarnessPlan plan{"mas", std::move(options)};
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
at::Tensor slow_importance(const ModelHarness& harness, const HarnessTask& task, std::int64_t n,
                           const std::vector<std::int64_t>& outputs = {0, 1, 2, 3}) {
  auto sum = at::zeros({harness.values().size(0)}, at::kDouble);
  for (const auto& x : task.raw.split(n)) {
    const auto counted = harness.forward(x).index_select(1, at::tensor(outputs, at::kLong));
    sum += harness.gradient_of(counted.square().sum()).abs();
  }
  return sum / static_cast<double>(task.raw.size(0));
}

/// The mlp's comes in closed form, the cnn's from one sample at a time.
TEST(Mas, ImportanceIsTheMeanMagnitudeOfEachSamplesGradient) {
  for (const std::string backbone : {"mlp", "cnn"}) {
    const auto plan = plan_for(backbone);
    ModelHarness harness(plan);
    const auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
    harness.begin_task(task);
    harness.train(4);
    const auto expected = slow_importance(harness, task, 1);
    ASSERT_GT(expected.max().item<double>(), 1e-2);
    ASSERT_FALSE(expected.allclose(slow_importance(harness, task, 4), 1e-2));
    harness.end_task();
    EXPECT_TRUE(stiffness(harness).to(at::kDouble).allclose(expected, 1e-4, 1e-6)) << backbone;
    EXPECT_TRUE(harness.grads().eq(0).all().item<bool>()) << backbone;  // nothing left behind
  }
}

TEST(Mas, CanUseBatchMeans) {
  const auto plan = plan_for("mlp", {{"per-sample", "false"}});
  ModelHarness harness(plan);
  const auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
  harness.begin_task(task);
  harness.train(4);
  const auto expected = slow_importance(harness, task, 4);
  harness.end_task();
  EXPECT_TRUE(stiffness(harness).to(at::kDouble).allclose(expected, 1e-4, 1e-6));
}

TEST(Mas, UsesNoLabels) {
  const auto plan = plan_for("mlp");
  at::Tensor found[2];
  for (const int shift : {0, 1}) {
    ModelHarness harness(plan);
    auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
    task.labels = task.labels.roll(shift);
    harness.begin_task(task);
    harness.end_task();
    found[shift] = stiffness(harness);
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
    ModelHarness harness(plan);
    const auto task = random_task(10, plan.input, {2, 3}, 3);
    harness.begin_task(task);
    harness.train(4);
    const auto expected = slow_importance(harness, task, 1, {2, 3});
    harness.end_task();
    EXPECT_TRUE(stiffness(harness).to(at::kDouble).allclose(expected, 1e-4, 1e-6)) << multi;
    const auto& info = harness.network().info();
    for (std::int64_t i = 0; multi && i < info.n_slots; ++i) {
      const auto& slot = info.slots[i];
      const auto part = stiffness(harness).narrow(0, slot.offset, slot.count);
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
    ModelHarness harness(plan);
    std::vector<at::Tensor> single;
    for (int t = 0; t < 2; ++t) {
      const auto task =
          random_task(10, plan.input, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) + 1);
      harness.begin_task(task);
      harness.train(5);
      single.push_back(slow_importance(harness, task, 1));
      harness.end_task();
    }
    const auto expected =
        how == "sum" ? single[0] + single[1] : 0.25 * single[0] + 0.75 * single[1];
    EXPECT_TRUE(stiffness(harness).to(at::kDouble).allclose(expected, 1e-4, 1e-6)) << how;
  }
}

TEST(Mas, PenaltyIsLambdaTimesImportanceTimesSquare) {
  const auto plan = plan_for("mlp", {{"lambda", "0.5"}});
  ModelHarness harness(plan);
  const auto task = random_task(10, plan.input, {0, 1, 2, 3}, 3);
  harness.begin_task(task);
  harness.train(4);
  harness.end_task();
  const auto anchor = harness.values().clone(), omega = stiffness(harness);
  ASSERT_LT(omega.max().item<double>(), 10);  // below 1 / rate: no spring is bounded
  harness.begin_task(task);
  harness.values().add_(0.3 * at::randn(anchor.sizes(), at::detail::createCPUGenerator(5)));
  const auto drift = harness.values() - anchor;
  const auto loss = at::cross_entropy_loss(harness.forward(task.raw), task.labels);
  const auto gradient = harness.gradient_of(loss) + omega * drift;
  const auto penalty = 0.5 * (omega * drift.square()).sum().item<double>();
  ASSERT_GT(penalty, 0.01);
  EXPECT_NEAR(harness.observe(task.raw, task.labels), loss.item<double>() + penalty, 1e-4);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-5));
}

TEST(Mas, RefusesAnAlphaThatItWouldNotUse) {
  EXPECT_ANY_THROW(ModelHarness(plan_for("mlp", {{"alpha", "0.1"}})));
}

}  // namespace mas_test
