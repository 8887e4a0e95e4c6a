#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace joint_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::random_task;

TEST(Joint, TrainsAFreshNetworkOnTheUnionInTheLastTask) {
  BenchPlan plan{"joint"};
  plan.tasks = 3;
  ModelBench bench(plan);
  std::vector<BenchTask> tasks;
  for (int t = 0; t < 3; ++t) {
    tasks.push_back(random_task(1100, {2}, {t}, static_cast<std::uint64_t>(t)));  // two pieces
  }
  const auto initial = bench.values().clone();
  for (int t = 0; t < 2; ++t) {
    bench.begin_task(tasks[static_cast<std::size_t>(t)]);
    EXPECT_TRUE(bench.appended_raw().empty());
    const auto& data = tasks[static_cast<std::size_t>(t)];
    const auto expected =
        at::cross_entropy_loss(bench.forward(data.raw), data.labels).item<double>();
    EXPECT_NEAR(bench.observe(data.raw, data.labels), expected, 1e-6);
    EXPECT_TRUE(bench.values().equal(initial));  // measured, not trained
    bench.end_task();
  }
  bench.begin_task(tasks[2]);
  EXPECT_TRUE(at::cat(bench.appended_raw()).equal(at::cat({tasks[0].raw, tasks[1].raw})));
  EXPECT_TRUE(at::cat(bench.appended_labels()).equal(at::cat({tasks[0].labels, tasks[1].labels})));
  EXPECT_FALSE(bench.values().allclose(initial));  // drawn anew

  const auto before = bench.values().clone();
  const auto loss = at::cross_entropy_loss(bench.forward(tasks[2].raw), tasks[2].labels);
  const auto gradient = bench.gradient_of(loss);
  bench.observe(tasks[2].raw, tasks[2].labels);
  EXPECT_TRUE(bench.values().allclose(before - 0.1 * gradient, 1e-5, 1e-6));
}

TEST(Joint, TrainsAtOnceWhenThereIsOneTask) {
  BenchPlan plan{"joint"};
  plan.tasks = 1;
  ModelBench bench(plan);
  const auto task = random_task(8, {2}, {0, 1, 2, 3}, 1);
  bench.begin_task(task);
  EXPECT_TRUE(bench.appended_raw().empty());
  const auto before = bench.values().clone();
  bench.observe(task.raw, task.labels);
  EXPECT_FALSE(bench.values().equal(before));
}

}  // namespace joint_test
