#include <ATen/TensorOperators.h>
#include <ATen/ops/_unique.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace agem_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

at::Tensor floats(const std::vector<float>& numbers) {
  return at::tensor(numbers);
}

const clh::core::StateRecord& columns(const clh::core::StateRecord& state) {
  return *state.children.at("memory")->children.at("samples")->children.at("columns");
}

/// One unit with weight 1 and two outputs, all else 0, so that every output is 0.
/// Parameters: unit weight, unit bias, head weight (2), head bias (2).
HarnessPlan hand_plan(const char* eps) {
  HarnessPlan plan{"agem", {{"epsilon", eps}}};
  plan.input = {1};
  plan.backbone_options = {{"width", "1"}, {"depth", "1"}};
  plan.blocks = {2};
  return plan;
}

HarnessTask one_sample(float x, std::int64_t label) {
  return {at::full({1, 1}, x), at::full({1}, label, at::kLong), {0, 1}};
}

/// The gradient with which task 2 steps on x = 2, label 1, while x = 1, label 0 is remembered.
at::Tensor hand_gradient(const char* eps) {
  ModelHarness harness(hand_plan(eps));
  const auto first = one_sample(1, 0), second = one_sample(2, 1);
  harness.begin_task(first);
  harness.observe(first.raw, first.labels);
  harness.end_task();
  harness.values().copy_(floats({1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F}));
  harness.begin_task(second);
  harness.observe(second.raw, second.labels);
  return harness.grads().clone();
}

TEST(Agem, ProjectsByHand) {
  // Both probabilities are 1/2. Remembered: r = (0, 0, -1/2, 1/2, -1/2, 1/2), |r|^2 = 1. Batch:
  // g = (0, 0, 1, -1, 1/2, -1/2), <g, r> = -3/2. So g + 3/2 r, and with eps = 1/2 g + r.
  EXPECT_TRUE(hand_gradient("0").allclose(floats({0.0F, 0.0F, 0.25F, -0.25F, -0.25F, 0.25F})));
  EXPECT_TRUE(hand_gradient("0.5").allclose(floats({0.0F, 0.0F, 0.5F, -0.5F, 0.0F, 0.0F})));
}

TEST(Agem, LeavesTheGradientAloneWithoutAReference) {
  // The remembered sample is wrong with probability 1e-30: <g, r> is -3e-30, but |r|^2 is 0.
  ModelHarness harness(hand_plan("0"));
  const auto first = one_sample(1, 0), second = one_sample(2, 1);
  harness.begin_task(first);
  harness.observe(first.raw, first.labels);
  harness.end_task();
  harness.values().copy_(floats({1.0F, 0.0F, 0.0F, 0.0F, 69.0F, 0.0F}));
  harness.begin_task(second);
  harness.observe(second.raw, second.labels);
  EXPECT_TRUE(harness.grads().allclose(floats({0.0F, 0.0F, 2.0F, -2.0F, 1.0F, -1.0F})));
}

/// A harness that has ended task 1 on `first` and begun task 2; its memory is all of `first`.
std::unique_ptr<ModelHarness> in_second_task(const HarnessTask& first, const HarnessTask& second) {
  HarnessPlan plan{"agem", {{"buffer-size", "16"}}};  // 8 for each of the two tasks
  auto harness = std::make_unique<ModelHarness>(plan);
  harness->begin_task(first);
  harness->train(4);
  harness->end_task();
  harness->begin_task(second);
  return harness;
}

TEST(Agem, NeverStepsAgainstTheReference) {
  const auto first = random_task(8, {2}, {0, 1, 2, 3}, 1);
  const HarnessTask second{first.raw, first.labels.roll(1),
                           first.classes};  // contradicts the first
  const auto harness = in_second_task(first, second);
  int projected = 0;
  for (int step = 0; step < 10; ++step) {
    const auto raw = second.raw.narrow(0, step % 8, 1),
               labels = second.labels.narrow(0, step % 8, 1);
    const auto r =
        harness->gradient_of(at::cross_entropy_loss(harness->forward(first.raw), first.labels));
    const auto g = harness->gradient_of(at::cross_entropy_loss(harness->forward(raw), labels));
    harness->observe(raw, labels);
    const auto along = g.dot(r).item<double>();
    const auto expected = along < 0 ? g - (along / r.dot(r).item<double>()) * r : g;
    EXPECT_TRUE(harness->grads().allclose(expected, 1e-4, 1e-6));
    // Rounding leaves at most a few float32 units of |g| |r|.
    EXPECT_GE(harness->grads().dot(r).item<double>(),
              -1e-6 * g.norm().item<double>() * r.norm().item<double>());
    projected += along < 0 ? 1 : 0;
  }
  EXPECT_GT(projected, 2);
}

TEST(Agem, KeepsTheBitsOfAHarmlessGradient) {
  const auto first = random_task(8, {2}, {0, 1, 2, 3}, 1);
  const auto harness = in_second_task(first, first);
  const auto g =
      harness->gradient_of(at::cross_entropy_loss(harness->forward(first.raw), first.labels));
  harness->observe(first.raw, first.labels);
  EXPECT_TRUE(harness->grads().equal(g));
}

TEST(Agem, RemembersAnEqualPartOfEachTask) {
  HarnessPlan plan{"agem", {{"buffer-size", "11"}}};
  plan.tasks = 3;  // 3 of each
  ModelHarness harness(plan);
  for (int t = 0; t < 3; ++t) {
    auto task = random_task(20, {2}, {t}, 1);
    task.raw = at::arange(40, at::kFloat).view({20, 2}) + 100.0 * t;
    harness.begin_task(task);
    harness.train(20);
    harness.end_task();
    const auto state = harness.model_state();
    const auto labels = std::get<at::Tensor>(columns(*state).values.at("1"));
    const auto raw = std::get<at::Tensor>(columns(*state).values.at("0"));
    ASSERT_EQ(labels.size(0), 3 * (t + 1));
    EXPECT_TRUE(labels.narrow(0, 3 * t, 3).eq(t).all().item<bool>());
    // Three different samples of this task: x0 = 100 t + 2 place.
    const auto places = (raw.narrow(0, 3 * t, 3).select(1, 0) - 100.0 * t) / 2;
    EXPECT_EQ(std::get<0>(at::_unique(places)).size(0), 3);
    EXPECT_TRUE(places.ge(0).logical_and(places.lt(20)).all().item<bool>());
  }
}

TEST(Agem, RefusesAMemoryWithoutRoomForEachTask) {
  ModelHarness harness({"agem", {{"buffer-size", "1"}}});
  EXPECT_ANY_THROW(harness.begin_task(random_task(4, {2}, {0, 1, 2, 3}, 1)));
}

}  // namespace agem_test
