#include <ATen/TensorOperators.h>
#include <ATen/ops/_unique.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace gem_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

at::Tensor floats(const std::vector<float>& numbers) {
  return at::tensor(numbers);
}

at::Tensor column(const ModelHarness& harness, const char* number) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("memory")->children.at("samples")->children.at("columns")->values.at(
          number));
}

HarnessTask one_sample(float x, std::int64_t label) {
  return {at::full({1, 1}, x), at::full({1}, label, at::kLong), {0, 1}};
}

/// As in agem_test.cpp: r = (0, 0, -1/2, 1/2, -1/2, 1/2) from x = 1, label 0 is remembered, the
/// step on x = 2, label 1 has g = (0, 0, 1, -1, 1/2, -1/2); <g, r> = -3/2, |r|^2 = 1.
at::Tensor hand_gradient(const char* gamma, const char* eps) {
  HarnessPlan plan{"gem", {{"gamma", gamma}, {"epsilon", eps}}};
  plan.input = {1};
  plan.backbone_options = {{"width", "1"}, {"depth", "1"}};
  plan.blocks = {2};
  ModelHarness harness(plan);
  const auto first = one_sample(1, 0), second = one_sample(2, 1);
  harness.begin_task(first);
  harness.observe(first.raw, first.labels);
  harness.end_task();
  harness.values().copy_(floats({1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F}));
  harness.begin_task(second);
  harness.observe(second.raw, second.labels);
  return harness.grads().clone();
}

TEST(Gem, BendsByHand) {
  const auto g = floats({0.0F, 0.0F, 1.0F, -1.0F, 0.5F, -0.5F});
  const auto r = floats({0.0F, 0.0F, -0.5F, 0.5F, -0.5F, 0.5F});
  EXPECT_TRUE(hand_gradient("0", "0.5").allclose(g + 1.0 * r));  // v = 1.5 / (1 + 0.5)
  EXPECT_TRUE(hand_gradient("0", "1e-9").allclose(g + 1.5 * r));
  EXPECT_TRUE(hand_gradient("2", "0.5").allclose(g + 2.0 * r));  // v >= gamma
}

constexpr int kPast = 3;

/// A harness in its last of four tasks; its memory is all of `tasks`, which contradict each other.
std::unique_ptr<ModelHarness> in_last_task(std::vector<HarnessTask>& tasks, const char* gamma) {
  HarnessPlan plan{"gem", {{"buffer-size", "32"}, {"gamma", gamma}}};
  plan.tasks = kPast + 1;
  auto harness = std::make_unique<ModelHarness>(plan);
  for (int t = 0; t <= kPast; ++t) {
    tasks.push_back(random_task(8, {2}, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) / 2));
    tasks.back().labels = tasks.back().labels.roll(t);
    harness->begin_task(tasks.back());
    if (t < kPast) {
      harness->train(4);
      harness->end_task();
    }
  }
  return harness;
}

/// v of the dual programme by projected Gauss-Seidel, in double precision.
at::Tensor slow_weights(const at::Tensor& rows, const at::Tensor& g, double gamma) {
  const auto p = rows.mm(rows.t()) + 1e-3 * at::eye(kPast, at::kDouble), q = rows.mv(g);
  auto v = at::full({kPast}, gamma, at::kDouble);
  for (int sweep = 0; sweep < 1000; ++sweep) {
    for (int i = 0; i < kPast; ++i) {
      v[i] = (v[i] - (p[i].dot(v) + q[i]) / p[i][i]).clamp_min(gamma);
    }
  }
  return v;
}

TEST(Gem, StepsAsTheDualProgrammeSays) {
  for (const char* gamma : {"0", "0.5"}) {
    std::vector<HarnessTask> tasks;
    const auto harness = in_last_task(tasks, gamma);
    int bent = 0;
    for (int step = 0; step < 8; ++step) {
      const auto raw = tasks.back().raw.narrow(0, step, 1),
                 labels = tasks.back().labels.narrow(0, step, 1);
      std::vector<at::Tensor> rows;
      for (int k = 0; k < kPast; ++k) {
        const auto& past = tasks[static_cast<std::size_t>(k)];
        rows.push_back(
            harness->gradient_of(at::cross_entropy_loss(harness->forward(past.raw), past.labels))
                .to(at::kDouble));
      }
      const auto matrix = at::stack(rows);
      const auto g = harness->gradient_of(at::cross_entropy_loss(harness->forward(raw), labels));
      const auto along = matrix.mv(g.to(at::kDouble));
      harness->observe(raw, labels);
      const auto used = harness->grads().to(at::kDouble);
      if (along.ge(0).all().item<bool>()) {
        EXPECT_TRUE(harness->grads().equal(g));  // the bits of a harmless gradient are kept
        continue;
      }
      ++bent;
      const auto v = slow_weights(matrix, g.to(at::kDouble), std::stod(gamma));
      EXPECT_TRUE(used.allclose(g + matrix.t().mv(v), 1e-4, 1e-5)) << step;
      // No remembered loss rises to first order, but for eps: <g, g_k> >= -eps v_k.
      EXPECT_TRUE((matrix.mv(used) + 1e-3 * v).ge(-1e-5).all().item<bool>()) << step;
    }
    EXPECT_GT(bent, 2) << gamma;
  }
}

TEST(Gem, KeepsTheBitsOfAHarmlessGradient) {
  ModelHarness harness({"gem", {{"buffer-size", "16"}}});
  const auto task = random_task(8, {2}, {0, 1, 2, 3}, 1);
  harness.begin_task(task);
  harness.train(4);
  harness.end_task();
  harness.begin_task(task);
  const auto g =
      harness.gradient_of(at::cross_entropy_loss(harness.forward(task.raw), task.labels));
  harness.observe(task.raw, task.labels);
  EXPECT_TRUE(harness.grads().equal(g));
}

TEST(Gem, RemembersAnEqualPartOfEachTask) {
  for (const std::string selection : {"random", "last"}) {
    HarnessPlan plan{"gem", {{"buffer-size", "11"}, {"selection", selection}}};
    plan.tasks = 3;  // 3 of each
    ModelHarness harness(plan);
    for (int t = 0; t < 3; ++t) {
      auto task = random_task(20, {2}, {t}, 1);
      task.raw = at::arange(40, at::kFloat).view({20, 2}) + 100.0 * t;
      harness.begin_task(task);
      harness.train(7);
      harness.end_task();
      ASSERT_EQ(column(harness, "1").size(0), 3 * (t + 1));
      EXPECT_TRUE(column(harness, "1").narrow(0, 3 * t, 3).eq(t).all().item<bool>());
      const auto places = std::get<0>(
          ((column(harness, "0").narrow(0, 3 * t, 3).select(1, 0) - 100.0 * t) / 2).sort());
      EXPECT_EQ(std::get<0>(at::_unique(places)).size(0), 3);
      EXPECT_EQ(places.equal(floats({17, 18, 19})), selection == "last") << t;
    }
  }
}

TEST(Gem, RefusesAMemoryWithoutASampleForEachTask) {
  HarnessPlan plan{"gem", {{"buffer-size", "2"}}};
  plan.tasks = 3;
  ModelHarness harness(plan);
  EXPECT_ANY_THROW(harness.begin_task(one_sample(1, 0)));
}

}  // namespace gem_test
