#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace si_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

at::Tensor kept(const ModelBench& bench, const char* record, const char* key) {
  return std::get<at::Tensor>(bench.model_state()->children.at(record)->values.at(key));
}

BenchTask task(int t) {
  return random_task(12, {2}, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) + 1);
}

at::Tensor loss_of(const ModelBench& bench, const BenchTask& data) {
  return at::cross_entropy_loss(bench.forward(data.raw), data.labels);
}

/// One step on all data. Returns: -g * movement with g the gradient of the task's loss, clipped.
at::Tensor step(ModelBench& bench, const BenchTask& data, double clip = 0) {
  const auto before = bench.values().clone();
  auto gradient = bench.gradient_of(loss_of(bench, data));
  if (clip > 0) {
    gradient.clamp_(-clip, clip);
  }
  bench.observe(data.raw, data.labels);
  return gradient * (before - bench.values());
}

TEST(Si, PathIntegralIsTheDecreaseOfTheLoss) {
  BenchPlan plan{"si"};
  plan.rate = 1e-2;
  ModelBench bench(plan);
  const auto data = task(0);
  bench.begin_task(data);
  const auto first = loss_of(bench, data).item<double>();
  for (int i = 0; i < 400; ++i) {
    bench.observe(data.raw, data.labels);
  }
  const auto decrease = first - loss_of(bench, data).item<double>();
  ASSERT_GT(decrease, 0.05);
  // A step of rate r leaves r / 2 * curvature of the decrease to the second order: below 1 %.
  EXPECT_NEAR(kept(bench, "path", "sum").sum().item<double>() / decrease, 1, 0.02);
}

TEST(Si, ImportanceIsThePathIntegralOverTheSquaredDrift) {
  for (const std::string source : {"task", "total"}) {
    ModelBench bench({"si", {{"strength", "5"}, {"xi", "0.02"}, {"grad-source", source}}});
    auto expected = at::zeros_like(bench.values());
    for (int t = 0; t < 2; ++t) {
      const auto data = task(t);
      bench.begin_task(data);
      const auto start = bench.values().clone();
      if (t == 1) {
        bench.values().add_(0.3);  // so that springs drag some parameters uphill
      }
      auto path = at::zeros_like(start);
      for (int i = 0; i < 5; ++i) {
        const auto before = bench.values().clone();
        const auto integrand = step(bench, data);
        // With plain SGD the movement tells the whole gradient: rate 0.1.
        path += source == "task" ? integrand : (before - bench.values()).square() / 0.1;
      }
      expected += path.clamp_min(0) / ((bench.values() - start).square() + 0.02);
      if (source == "task" && t == 1) {
        ASSERT_TRUE(path.lt(-1e-3).any().item<bool>());
      }
      bench.end_task();
      EXPECT_TRUE(kept(bench, "penalty", "importance").allclose(expected, 1e-3, 1e-5)) << source;
      EXPECT_TRUE(kept(bench, "penalty", "anchor").equal(bench.values()));
    }
  }
}

TEST(Si, PenaltyIsCTimesImportanceTimesSquare) {
  ModelBench bench({"si", {{"strength", "3"}}});
  bench.begin_task(task(0));
  bench.train(4);
  bench.end_task();
  const auto anchor = bench.values().clone(), omega = kept(bench, "penalty", "importance");
  const auto data = task(1);
  bench.begin_task(data);
  bench.values().add_(0.3 * at::randn(anchor.sizes(), at::detail::createCPUGenerator(5)));
  const auto drift = bench.values() - anchor;
  const auto loss = loss_of(bench, data);
  const auto gradient = bench.gradient_of(loss) + 6 * omega * drift;
  const auto penalty = 3 * (omega * drift.square()).sum().item<double>();
  ASSERT_GT(penalty, 0.01);
  ASSERT_LT(6 * omega.max().item<double>(), 10);  // below 1 / rate: no spring is bounded
  EXPECT_NEAR(bench.observe(data.raw, data.labels), loss.item<double>() + penalty, 1e-5);
  EXPECT_TRUE(bench.grads().allclose(gradient, 1e-4, 1e-5));
}

TEST(Si, NeverOvershootsTheAnchor) {
  ModelBench bench({"si", {{"strength", "1e6"}}});
  bench.begin_task(task(0));
  bench.train(4);
  bench.end_task();
  const auto anchor = bench.values().clone();
  const auto held = kept(bench, "penalty", "importance").gt(1e-5);
  bench.begin_task(task(1));
  bench.values().add_(0.5);
  const auto data = task(1);
  const auto gradient = bench.gradient_of(loss_of(bench, data));
  bench.observe(data.raw, data.labels);
  // A step of 1 / rate along the spring ends at the anchor, but for the task's own gradient.
  const auto expected = anchor - 0.1 * gradient;
  ASSERT_TRUE(held.any().item<bool>());
  EXPECT_TRUE(
      bench.values().masked_select(held).allclose(expected.masked_select(held), 1e-4, 1e-5));
}

TEST(Si, ReferenceCodeIntegratesTheClippedTotalGradient) {
  ModelBench bench({"si", {{"formula", "reference-code"}, {"strength", "1"}}});
  auto data = task(0);
  data.raw *= 20;  // gradients beyond 1
  auto expected = at::zeros_like(bench.values());
  bool clipped = false;
  for (int t = 0; t < 2; ++t) {
    bench.begin_task(data);
    const auto start = bench.values().clone();
    auto path = at::zeros_like(start);
    for (int i = 0; i < 4; ++i) {
      const auto before = bench.values().clone();
      clipped =
          clipped || bench.gradient_of(loss_of(bench, data)).abs().gt(1.01).any().item<bool>();
      bench.observe(data.raw, data.labels);
      EXPECT_LE(bench.grads().abs().max().item<double>(), 1);
      path += 0.1 * bench.grads().square();
      EXPECT_TRUE((before - bench.values()).allclose(0.1 * bench.grads(), 1e-3, 1e-5));
    }
    expected += path / ((bench.values() - start).square() + 0.1);
    bench.end_task();
  }
  EXPECT_TRUE(clipped);
  EXPECT_TRUE(kept(bench, "penalty", "importance").allclose(expected, 1e-3, 1e-5));
}

TEST(Si, LeavesNormalizationLayersFree) {
  for (const std::string exclude : {"true", "false"}) {
    BenchPlan plan{"si", {{"exclude-norm", exclude}}};
    plan.input = {1, 8, 8};
    plan.backbone = "resnet18";
    plan.backbone_options = {{"width", "1"}};
    ModelBench bench(plan);
    bench.begin_task(random_task(8, plan.input, {0, 1, 2, 3}, 1));
    bench.train(4);
    bench.end_task();
    const auto omega = kept(bench, "penalty", "importance");
    const auto& info = bench.network().info();
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
  EXPECT_ANY_THROW(ModelBench({"si", {{"formula", "reference-code"}, {"clip-value", "2"}}}));
}

}  // namespace si_test
