#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace agem_r_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

at::Tensor floats(const std::vector<float>& numbers) {
  return at::tensor(numbers);
}

TEST(AgemR, ProjectsByHandWithinATask) {
  // One unit of weight 1 and two outputs, all else 0: both probabilities are 1/2. Parameters: unit
  // weight, unit bias, head weight (2), head bias (2). Remembered x = 1, label 0:
  // r = (0, 0, -1/2, 1/2, -1/2, 1/2), |r|^2 = 1. Batch x = 2, label 1: g = (0, 0, 1, -1, 1/2,
  // -1/2), <g, r> = -3/2. So g + 3/2 r.
  HarnessPlan plan{"agem-r"};
  plan.input = {1};
  plan.backbone_options = {{"width", "1"}, {"depth", "1"}};
  plan.blocks = {2};
  ModelHarness harness(plan);
  harness.begin_task({at::ones({1, 1}), at::zeros({1}, at::kLong), {0, 1}});
  harness.observe(at::ones({1, 1}), at::zeros({1}, at::kLong));
  harness.values().copy_(floats({1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F}));
  harness.observe(at::full({1, 1}, 2.0F), at::ones({1}, at::kLong));
  EXPECT_TRUE(harness.grads().allclose(floats({0.0F, 0.0F, 0.25F, -0.25F, -0.25F, 0.25F})));
}

TEST(AgemR, NeverStepsAgainstTheWholeMemory) {
  HarnessPlan plan{"agem-r", {{"buffer-size", "200"}}};
  ModelHarness harness(plan);
  const auto task = random_task(8, {2}, {0, 1, 2, 3}, 1);
  const auto contrary = task.labels.roll(1);
  harness.begin_task(task);
  harness.observe(task.raw, task.labels);
  auto held_raw = task.raw, held_labels = task.labels;
  int projected = 0;
  for (int step = 0; step < 10; ++step) {
    const auto raw = task.raw.narrow(0, step % 8, 1), labels = contrary.narrow(0, step % 8, 1);
    const auto r =
        harness.gradient_of(at::cross_entropy_loss(harness.forward(held_raw), held_labels));
    const auto g = harness.gradient_of(at::cross_entropy_loss(harness.forward(raw), labels));
    harness.observe(raw, labels);
    const auto along = g.dot(r).item<double>();
    const auto expected = along < 0 ? g - (along / r.dot(r).item<double>()) * r : g;
    EXPECT_TRUE(harness.grads().allclose(expected, 1e-4, 1e-6));
    // Rounding leaves at most a few float32 units of |g| |r|.
    EXPECT_GE(harness.grads().dot(r).item<double>(),
              -1e-6 * g.norm().item<double>() * r.norm().item<double>());
    projected += along < 0 ? 1 : 0;
    held_raw = at::cat({held_raw, raw});
    held_labels = at::cat({held_labels, labels});
  }
  EXPECT_GT(projected, 2);
}

}  // namespace agem_r_test
