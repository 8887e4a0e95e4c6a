#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace si_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

at::Tensor kept(const ModelHarness& harness, const char* record, const char* key) {
  return std::get<at::Tensor>(harness.model_state()->children.at(record)->values.at(key));
}

HarnessTask task(int t) {
  return random_task(12, {2}, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) + 1);
}

at::Tensor loss_of(const ModelHarness& harness, const HarnessTask& data) {
  return at::cross_entropy_loss(harness.forward(data.raw), data.labels);
}

/// One step on all data. Returns: -g * movement with g the gradient of the task's loss, clipped.
at::Tensor step(ModelHarness& harness, const HarnessTask& data, double clip = 0) {
  const auto before = harness.values().clone();
  auto gradient = harness.gradient_of(loss_of(harness, data));
  if (clip > 0) {
    gradient.clamp_(-clip, clip);
  }
  harness.observe(data.raw, data.labels);
  return gradient * (before - harness.values());
}

TEST(Si, PathIntegralIsTheDecreaseOfTheLoss) {
  HarnessPlan plan{"si"};
  plan.rate = 1e-2;
  ModelHarness harness(plan);
  const auto data = task(0);
  harness.begin_task(data);
  const auto first = loss_of(harness, data).item<double>();
  for (int i = 0; i < 400; ++i) {
    harness.observe(data.raw, data.labels);
  }
  const auto decrease = first - loss_of(harness, data).item<double>();
  ASSERT_GT(decrease, 0.05);
  // A step of rate r leaves r / 2 * curvature of the decrease to the second order: below 1 %.
  EXPECT_NEAR(kept(harness, "path", "sum").sum().item<double>() / decrease, 1, 0.02);
}

TEST(Si, ImportanceIsThePathIntegralOverTheSquaredDrift) {
  for (const std::string source : {"task", "total"}) {
    ModelHarness harness({"si", {{"strength", "5"}, {"xi", "0.02"}, {"grad-source", source}}});
    auto expected = at::zeros_like(harness.values());
    for (int t = 0; t < 2; ++t) {
      const auto data = task(t);
      harness.begin_task(data);
      const auto start = harness.values().clone();
      if (t == 1) {
        harness.values().add_(0.3);  // so that springs drag some parameters uphill
      }
      auto path = at::zeros_like(start);
      for (int i = 0; i < 5; ++i) {
        const auto before = harness.values().clone();
        const auto integrand = step(harness, data);
        // With plain SGD the movement tells the whole gradient: rate 0.1.
        path += source == "task" ? integrand : (before - harness.values()).square() / 0.1;
      }
      expected += path.clamp_min(0) / ((harness.values() - start).square() + 0.02);
      if (source == "task" && t == 1) {
        ASSERT_TRUE(path.lt(-1e-3).any().item<bool>());
      }
      harness.end_task();
      EXPECT_TRUE(kept(harness, "penalty", "importance").allclose(expected, 1e-3, 1e-5)) << source;
      EXPECT_TRUE(kept(harness, "penalty", "anchor").equal(harness.values()));
    }
  }
}

TEST(Si, PenaltyIsCTimesImportanceTimesSquare) {
  ModelHarness harness({"si", {{"strength", "3"}}});
  harness.begin_task(task(0));
  harness.train(4);
  harness.end_task();
  const auto anchor = harness.values().clone(), omega = kept(harness, "penalty", "importance");
  const auto data = task(1);
  harness.begin_task(data);
  harness.values().add_(0.3 * at::randn(anchor.sizes(), at::detail::createCPUGenerator(5)));
  const auto drift = harness.values() - anchor;
  const auto loss = loss_of(harness, data);
  const auto gradient = harness.gradient_of(loss) + 6 * omega * drift;
  const auto penalty = 3 * (omega * drift.square()).sum().item<double>();
  ASSERT_GT(penalty, 0.01);
  ASSERT_LT(6 * omega.max().item<double>(), 10);  // below 1 / rate: no spring is bounded
  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>() + penalty, 1e-5);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-5));
}

TEST(Si, NeverOvershootsTheAnchor) {
  ModelHarness harness({"si", {{"strength", "1e6"}}});
  harness.begin_task(task(0));
  harness.train(4);
  harness.end_task();
  const auto anchor = harness.values().clone();
  const auto held = kept(harness, "penalty", "importance").gt(1e-5);
  harness.begin_task(task(1));
  harness.values().add_(0.5);
  const auto data = task(1);
  const auto gradient = harness.gradient_of(loss_of(harness, data));
  harness.observe(data.raw, data.labels);
  // A step of 1 / rate along the spring ends at the anchor, but for the task's own gradient.
  const auto expected = anchor - 0.1 * gradient;
  ASSERT_TRUE(held.any().item<bool>());
  EXPECT_TRUE(
      harness.values().masked_select(held).allclose(expected.masked_select(held), 1e-4, 1e-5));
}

TEST(Si, ReferenceCodeIntegratesTheClippedTotalGradient) {
  ModelHarness harness({"si", {{"formula", "reference-code"}, {"strength", "1"}}});
  auto data = task(0);
  data.raw *= 20;  // gradients beyond 1
  auto expected = at::zeros_like(harness.values());
  bool clipped = false;
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(data);
    const auto start = harness.values().clone();
    auto path = at::zeros_like(start);
    for (int i = 0; i < 4; ++i) {
      const auto before = harness.values().clone();
      clipped =
          clipped || harness.gradient_of(loss_of(harness, data)).abs().gt(1.01).any().item<bool>();
      harness.observe(data.raw, data.labels);
      EXPECT_LE(harness.grads().abs().max().item<double>(), 1);
      path += 0.1 * harness.grads().square();
      EXPECT_TRUE((before - harness.values()).allclose(0.1 * harness.grads(), 1e-3, 1e-5));
    }
    expected += path / ((harness.values() - start).square() + 0.1);
    harness.end_task();
  }
  EXPECT_TRUE(clipped);
  EXPECT_TRUE(kept(harness, "penalty", "importance").allclose(expected, 1e-3, 1e-5));
}

TEST(Si, LeavesNormalizationLayersFree) {
  for (const std::string exclude : {"true", "false"}) {
    HarnessPlan plan{"si", {{"exclude-norm", exclude}}};
    plan.input = {1, 8, 8};
    plan.backbone = "resnet18";
    plan.backbone_options = {{"width", "1"}};
    ModelHarness harness(plan);
    harness.begin_task(random_task(8, plan.input, {0, 1, 2, 3}, 1));
    harness.train(4);
    harness.end_task();
    const auto omega = kept(harness, "penalty", "importance");
    const auto& info = harness.network().info();
    double norms = 0, others = 0;
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      const auto& slot = info.slots[i];
      const bool norm = std::string(slot.name).find("bn") != std::string::npos;
      (norm ? norms : others) += omega.narrow(0, slot.offset, slot.count).sum().item<double>();
    }
    EXPECT_EQ(norms > 0, exclude == "false");
    EXPECT_GT(others, 0);
  }
}

TEST(Si, RefusesAClipBesideTheReferenceCode) {
  EXPECT_ANY_THROW(ModelHarness({"si", {{"formula", "reference-code"}, {"clip-value", "2"}}}));
}

}  // namespace si_test
