#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/multinomial.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace fisher_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

constexpr std::int64_t kSamples = 10, kBatch = 4, kClasses = 4;

/// The definition, one sample and one label at a time, in double precision. `generator` draws the
/// labels of `sample`; `each` = one draw a sample, else one for all.
at::Tensor slow_fisher(const ModelHarness& harness, const HarnessTask& task,
                       const std::string& kind, at::Generator generator, bool each) {
  auto sum = at::zeros({harness.values().size(0)}, at::kDouble);
  const auto log_p = [&](std::int64_t n) {
    return harness.forward(task.raw.narrow(0, n, 1)).log_softmax(1)[0];
  };
  const auto square = [&](const at::Tensor& log_likelihood) {
    return harness.gradient_of(log_likelihood).to(at::kDouble).square();
  };
  if (kind == "batched") {
    for (std::int64_t begin = 0; begin < kSamples; begin += kBatch) {
      const auto n = std::min(kBatch, kSamples - begin);
      sum += square(-at::cross_entropy_loss(harness.forward(task.raw.narrow(0, begin, n)),
                                            task.labels.narrow(0, begin, n)));
    }
    return sum / 3;  // batches of 4, 4 and 2
  }
  at::Tensor drawn;
  if (kind == "sample" && !each) {
    drawn = at::multinomial(harness.forward(task.raw).softmax(1).detach(), 1, true, generator);
  }
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const auto p = log_p(n).detach().exp();
    const auto y = task.labels[n].item<std::int64_t>();
    if (kind == "exact") {
      for (std::int64_t k = 0; k < kClasses; ++k) {
        sum += p[k].item<double>() * square(log_p(n)[k]);
      }
    } else if (kind == "sample") {
      const auto label = each ? at::multinomial(p, 1, true, generator) : drawn[n];
      sum += square(log_p(n)[label.item<std::int64_t>()]);
    } else if (kind == "predicted") {
      sum += square(log_p(n)[p.argmax().item<std::int64_t>()]);
    } else if (kind == "confidence") {
      sum += p[y].item<double>() * square(log_p(n)[y]);
    } else {
      sum += square(log_p(n)[y]);
    }
  }
  return sum / (kind == "confidence" ? 3.0 * kBatch : static_cast<double>(kSamples));
}

at::Tensor fisher_of(const ModelHarness& harness) {
  return std::get<at::Tensor>(
      harness.model_state()->children.at("penalty")->values.at("importance"));
}

HarnessPlan plan_for(const std::string& backbone) {
  HarnessPlan plan{"ewc"};
  plan.backbone = backbone;
  if (backbone == "mlp") {
    plan.backbone_options = {{"width", "5"}, {"depth", "2"}};
  } else {
    plan.input = {1, 4, 4};
    plan.backbone_options = {{"channels", "2"}, {"features", "3"}};
  }
  plan.blocks = {kClasses};
  return plan;
}

class FisherTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

/// The mlp's comes in closed form, the cnn's from one sample at a time.
TEST_P(FisherTest, EqualsItsDefinition) {
  const auto& [backbone, kind] = GetParam();
  auto plan = plan_for(backbone);
  plan.options = {{"fisher", kind}};
  ModelHarness harness(plan);
  const auto task = random_task(kSamples, plan.input, {0, 1, 2, 3}, 3);
  harness.begin_task(task);
  harness.train(kBatch);
  const auto expected = slow_fisher(harness, task, kind, harness.generator("method").clone(),
                                    /*each=*/backbone == "cnn");
  harness.end_task();
  const auto fisher = fisher_of(harness);
  ASSERT_GT(expected.max().item<double>(), 1e-3);
  EXPECT_TRUE(fisher.to(at::kDouble).allclose(expected, 1e-4, 1e-7))
      << at::stack({fisher.to(at::kDouble), expected}, 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, FisherTest,
    ::testing::Combine(::testing::Values("mlp", "cnn"),
                       ::testing::Values("exact", "sample", "empirical", "predicted", "batched",
                                         "confidence")),
    [](const auto& tested) { return std::get<0>(tested.param) + "_" + std::get<1>(tested.param); });

TEST(Fisher, OfTheOutputBiasIsTheMeanVarianceOfItsIndicator) {
  // Closed form for the output layer: F(bias_k) = mean p_k (1 - p_k).
  auto plan = plan_for("mlp");
  ModelHarness harness(plan);
  const auto task = random_task(1100, plan.input, {0, 1, 2, 3}, 3);
  harness.begin_task(task);
  harness.train(100);
  const auto p = harness.forward(task.raw).softmax(1).detach();
  harness.end_task();
  const auto fisher = fisher_of(harness);
  EXPECT_TRUE(fisher.narrow(0, fisher.size(0) - kClasses, kClasses)
                  .allclose((p * (1 - p)).mean(0), 1e-4, 1e-7));
}

TEST(Fisher, OfDrawnLabelsTendsToTheExactOne) {
  auto plan = plan_for("mlp");
  const auto task = random_task(2000, plan.input, {0, 1, 2, 3}, 3);
  at::Tensor fisher[2];
  for (const auto kind : {0, 1}) {
    plan.options = {{"fisher", kind == 0 ? "exact" : "sample"}};
    ModelHarness harness(plan);
    harness.begin_task(task);
    harness.train(100);
    harness.end_task();
    fisher[kind] = fisher_of(harness);
  }
  // 2000 draws: a few per cent of the trace.
  EXPECT_NEAR((fisher[1].sum() / fisher[0].sum()).item<double>(), 1, 0.05);
  EXPECT_FALSE(fisher[1].equal(fisher[0]));
}

TEST(Fisher, OfAMultiHeadLeavesOtherBlocksOut) {
  auto plan = plan_for("mlp");
  plan.head = clh::core::HeadForm::kMultiHead;
  plan.blocks = {2, 2};
  ModelHarness harness(plan);
  const auto task = random_task(kSamples, plan.input, {0, 1}, 3);
  harness.begin_task(task);
  harness.train(kBatch);
  const auto p = harness.forward(task.raw).narrow(1, 0, 2).softmax(1).detach();
  harness.end_task();
  const auto fisher = fisher_of(harness);
  // Slots: fc1, fc2 (weight, bias), then a block: weight [2, 5], bias [2].
  const auto first = fisher.size(0) - 2 * 12;
  EXPECT_TRUE(fisher.narrow(0, first + 10, 2).allclose((p * (1 - p)).mean(0), 1e-4, 1e-7));
  EXPECT_TRUE(fisher.narrow(0, first + 12, 12).eq(0).all().item<bool>());
  EXPECT_TRUE(fisher.isfinite().all().item<bool>());
}

TEST(Fisher, CanUseAFewSamples) {
  auto plan = plan_for("mlp");
  plan.options = {{"fisher", "empirical"}, {"fisher-samples", "1"}};
  ModelHarness harness(plan);
  const auto task = random_task(kSamples, plan.input, {0, 1, 2, 3}, 3);
  harness.begin_task(task);
  harness.train(kBatch);
  harness.end_task();
  // It is that of one of the samples.
  double nearest = 1;
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const auto log_p = harness.forward(task.raw.narrow(0, n, 1)).log_softmax(1)[0];
    const auto one = harness.gradient_of(log_p[task.labels[n].item<std::int64_t>()]).square();
    nearest = std::min(nearest, (one - fisher_of(harness)).abs().max().item<double>());
  }
  EXPECT_LT(nearest, 1e-6);
}

TEST(Fisher, LeavesNoGradientBehind) {
  for (const std::string backbone : {"mlp", "cnn"}) {
    auto plan = plan_for(backbone);
    ModelHarness harness(plan);
    harness.begin_task(random_task(kSamples, plan.input, {0, 1, 2, 3}, 3));
    harness.train(kBatch);
    harness.end_task();
    EXPECT_TRUE(harness.grads().eq(0).all().item<bool>()) << backbone;
  }
}

}  // namespace fisher_test
