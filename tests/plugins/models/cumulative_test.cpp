#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace cumulative_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::random_task;

TEST(Cumulative, TrainsOnTheUnionOfAllTasksSoFar) {
  for (const std::string reinit : {"false", "true"}) {
    BenchPlan plan{"cumulative", {{"reinit", reinit}}};
    plan.tasks = 3;
    ModelBench bench(plan);
    std::vector<at::Tensor> raw, labels, starts;
    for (int t = 0; t < 3; ++t) {
      const auto task = random_task(1100, {2}, {t}, static_cast<std::uint64_t>(t));  // two pieces
      const auto before = bench.values().clone();
      bench.begin_task(task);
      ASSERT_EQ(bench.appended_raw().empty(), t == 0);
      if (t > 0) {
        EXPECT_TRUE(at::cat(bench.appended_raw()).equal(at::cat(raw)));
        EXPECT_TRUE(at::cat(bench.appended_labels()).equal(at::cat(labels)));
      }
      EXPECT_EQ(bench.values().equal(before), reinit == "false" || t == 0);
      raw.push_back(task.raw);
      labels.push_back(task.labels);
      starts.push_back(bench.values().clone());

      const auto loss = at::cross_entropy_loss(bench.forward(task.raw), task.labels);
      const auto expected = bench.values() - 0.1 * bench.gradient_of(loss);
      EXPECT_NEAR(bench.observe(task.raw, task.labels), loss.item<double>(), 1e-6);
      EXPECT_TRUE(bench.values().allclose(expected, 1e-5, 1e-6));
      bench.end_task();
    }
    if (reinit == "true") {
      EXPECT_FALSE(starts[1].allclose(starts[2]));  // drawn anew, not put back
    }
  }
}

}  // namespace cumulative_test
