#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/error.hpp"
#include "model_harness.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace hal_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.1;

at::Tensor anchors(const ModelHarness& harness) {
  return std::get<at::Tensor>(harness.model_state()->values.at("anchors"));
}

at::Tensor mean_loss(const ModelHarness& harness, const at::Tensor& raw, const at::Tensor& labels) {
  return at::cross_entropy_loss(harness.forward(raw), labels);
}

class HalTest : public ::testing::Test {
 protected:
  std::unique_ptr<ModelHarness> harness(OptionTexts options) const {
    HarnessPlan plan{"hal", std::move(options)};
    plan.options["buffer-size"] = "8";  // four for each of two tasks
    plan.backbone_options = {{"width", "8"}, {"depth", "1"}};
    plan.rate = kRate;
    auto made = std::make_unique<ModelHarness>(plan);
    made->begin_task(first);
    return made;
  }

  const HarnessTask first = random_task(4, {2}, {0, 1}, 7);
  const HarnessTask second = random_task(4, {2}, {2, 3}, 8);
};

TEST_F(HalTest, HoldsTheOutputsAtTheAnchorsAgainstTheStep) {
  const auto b = harness({{"lambda", "2"}});
  b->observe(first.raw, first.labels);
  b->end_task();
  b->begin_task(second);
  const auto start = b->values().clone();
  const auto raw = at::cat({second.raw, first.raw}),
             labels = at::cat({second.labels, first.labels});
  const auto loss = mean_loss(*b, raw, labels);
  const auto g = b->gradient_of(loss);
  b->values().sub_(g, kRate);
  const auto after = b->forward(anchors(*b)).detach();
  b->values().copy_(start);
  const auto change = 2 * (b->forward(anchors(*b)) - after).square().mean();
  const auto held = b->gradient_of(change);
  EXPECT_GT(held.abs().max().item<double>(), 1e-4);
  EXPECT_NEAR(b->observe(second.raw, second.labels), (loss + change).item<double>(), 1e-5);
  EXPECT_TRUE(b->values().allclose(start - kRate * (g + held), 1e-5, 1e-6));
}

TEST_F(HalTest, MakesAnchorsThatForgettingWouldHurt) {
  const double beta = 0.7, gamma = 0.5;
  const auto b = harness({{"beta", "0.7"}, {"gamma", "0.5"}, {"anchor-steps", "20"}});
  at::Tensor mean = at::zeros({8});
  for (int step = 0; step < 2; ++step) {
    b->observe(first.raw, first.labels);
    mean = beta * mean + (1 - beta) * b->network().features(first.raw).detach().mean(0);
  }
  // The memory went round: it holds each of the four samples once.
  const auto now = b->values().clone();
  const auto tuned = now - kRate * b->gradient_of(mean_loss(*b, first.raw, first.labels));
  auto e = at::rand({2, 2}, b->generator("method").clone());
  const auto start = e, labels = at::arange(2);
  b->end_task();
  const auto loss_at = [&](const at::Tensor& x) {  // the sum over both anchors
    return 2 * at::cross_entropy_loss(b->network().forward(x), labels);
  };
  const auto objective_gradient = [&](const at::Tensor& x) {
    b->values().copy_(tuned);
    const auto lost = torch::autograd::grad({loss_at(x)}, {x})[0];
    b->values().copy_(now);
    const auto kept = loss_at(x) + gamma * (b->network().features(x) - mean).square().sum();
    return torch::autograd::grad({kept}, {x})[0] - lost;
  };
  for (int step = 0; step < 20; ++step) {
    e = e.detach().set_requires_grad(true);
    e = e.detach() - kRate * objective_gradient(e);
  }
  EXPECT_TRUE(anchors(*b).allclose(e, 1e-4, 1e-5));
  EXPECT_GT((e - start).abs().min().item<double>(), 1e-2);
  EXPECT_TRUE(b->values().equal(now));  // making anchors leaves the network as it was
}

TEST_F(HalTest, MeanFeaturesStartAnewWithEachTask) {
  const auto b = harness({});
  b->observe(first.raw, first.labels);
  b->end_task();
  b->begin_task(second);
  b->observe(second.raw, second.labels);
  const auto mean = std::get<at::Tensor>(b->model_state()->values.at("mean-features"));
  EXPECT_TRUE(mean.allclose(0.5 * b->network().features(second.raw).mean(0)));
}

TEST_F(HalTest, KeepsOneAnchorAClassAndTheLastSamplesOfEachTask) {
  const auto b = harness({});
  const auto more = random_task(6, {2}, {0, 1}, 9);
  b->observe(more.raw, more.labels);
  b->end_task();
  EXPECT_EQ(anchors(*b).sizes(), (std::vector<std::int64_t>{2, 2}));
  b->begin_task(second);
  b->observe(second.raw, second.labels);
  b->end_task();
  EXPECT_EQ(anchors(*b).size(0), 4);
  const auto state = b->model_state();
  const auto raw = std::get<at::Tensor>(
      state->children.at("memory")->children.at("samples")->children.at("columns")->values.at("0"));
  // Six went round four places: 4, 5, 2, 3.
  const auto left = more.raw.index_select(0, at::tensor(std::vector<std::int64_t>{4, 5, 2, 3}));
  EXPECT_TRUE(raw.equal(at::cat({left, second.raw})));
}

TEST_F(HalTest, InThePublishedCodeTheMemoryIsAReservoir) {
  const auto b = harness({{"formula", "reference-code"}});
  const auto more = random_task(8, {2}, {0, 1}, 9);
  b->observe(more.raw, more.labels);
  const auto state = b->model_state();
  const auto& memory = *state->children.at("memory");
  EXPECT_EQ(std::get<std::int64_t>(memory.children.at("policy")->values.at("seen")), 8);
  EXPECT_TRUE(
      std::get<at::Tensor>(memory.children.at("samples")->children.at("columns")->values.at("0"))
          .equal(more.raw));
}

TEST_F(HalTest, RefusesAMemoryWithoutRoomForEachTask) {
  HarnessPlan plan{"hal", {{"buffer-size", "1"}}};
  ModelHarness b(plan);
  EXPECT_ANY_THROW(b.begin_task(first));
}

struct Steps final : clh::core::LoopObserver {
  int count = 0;
  void stepped(const clh::core::CurvePoint&) override { ++count; }
};

TEST_F(HalTest, RefusesABackboneWithoutInputGradientsBeforeItTrains) {
  clh::test::TestRun run({"model=hal", "dataset=tiny", "backbone=lut", "backbone.widths=[60,40]"});
  Steps steps;
  auto loop = run.experiment().loop(steps);
  EXPECT_THROW(loop.run(), clh::core::Error);
  EXPECT_EQ(steps.count, 0);
}

}  // namespace hal_test
