#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace joint_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

TEST(Joint, TrainsAFreshNetworkOnTheUnionInTheLastTask) {
  HarnessPlan plan{"joint"};
  plan.tasks = 3;
  ModelHarness harness(plan);
  std::vector<HarnessTask> tasks;
  for (int t = 0; t < 3; ++t) {
    tasks.push_back(random_task(1100, {2}, {t}, static_cast<std::uint64_t>(t)));  // two pieces
  }
  const auto initial = harness.values().clone();
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(tasks[static_cast<std::size_t>(t)]);
    EXPECT_TRUE(harness.appended_raw().empty());
    const auto& data = tasks[static_cast<std::size_t>(t)];
    const auto expected =
        at::cross_entropy_loss(harness.forward(data.raw), data.labels).item<double>();
    EXPECT_NEAR(harness.observe(data.raw, data.labels), expected, 1e-6);
    EXPECT_TRUE(harness.values().equal(initial));  // measured, not trained
    harness.end_task();
  }
  harness.begin_task(tasks[2]);
  EXPECT_TRUE(at::cat(harness.appended_raw()).equal(at::cat({tasks[0].raw, tasks[1].raw})));
  EXPECT_TRUE(
      at::cat(harness.appended_labels()).equal(at::cat({tasks[0].labels, tasks[1].labels})));
  EXPECT_FALSE(harness.values().allclose(initial));  // drawn anew

  const auto before = harness.values().clone();
  const auto loss = at::cross_entropy_loss(harness.forward(tasks[2].raw), tasks[2].labels);
  const auto gradient = harness.gradient_of(loss);
  harness.observe(tasks[2].raw, tasks[2].labels);
  EXPECT_TRUE(harness.values().allclose(before - 0.1 * gradient, 1e-5, 1e-6));
}

TEST(Joint, TrainsAtOnceWhenThereIsOneTask) {
  HarnessPlan plan{"joint"};
  plan.tasks = 1;
  ModelHarness harness(plan);
  const auto task = random_task(8, {2}, {0, 1, 2, 3}, 1);
  harness.begin_task(task);
  EXPECT_TRUE(harness.appended_raw().empty());
  const auto before = harness.values().clone();
  harness.observe(task.raw, task.labels);
  EXPECT_FALSE(harness.values().equal(before));
}

}  // namespace joint_test
