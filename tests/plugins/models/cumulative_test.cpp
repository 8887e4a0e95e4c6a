#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace cumulative_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

TEST(Cumulative, TrainsOnTheUnionOfAllTasksSoFar) {
  for (const std::string reinit : {"false", "true"}) {
    HarnessPlan plan{"cumulative", {{"reinit", reinit}}};
    plan.tasks = 3;
    ModelHarness harness(plan);
    std::vector<at::Tensor> raw, labels, starts;
    for (int t = 0; t < 3; ++t) {
      const auto task = random_task(1100, {2}, {t}, static_cast<std::uint64_t>(t));  // two pieces
      const auto before = harness.values().clone();
      harness.begin_task(task);
      ASSERT_EQ(harness.appended_raw().empty(), t == 0);
      if (t > 0) {
        EXPECT_TRUE(at::cat(harness.appended_raw()).equal(at::cat(raw)));
        EXPECT_TRUE(at::cat(harness.appended_labels()).equal(at::cat(labels)));
      }
      EXPECT_EQ(harness.values().equal(before), reinit == "false" || t == 0);
      raw.push_back(task.raw);
      labels.push_back(task.labels);
      starts.push_back(harness.values().clone());

      const auto loss = at::cross_entropy_loss(harness.forward(task.raw), task.labels);
      const auto expected = harness.values() - 0.1 * harness.gradient_of(loss);
      EXPECT_NEAR(harness.observe(task.raw, task.labels), loss.item<double>(), 1e-6);
      EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
      harness.end_task();
    }
    if (reinit == "true") {
      EXPECT_FALSE(starts[1].allclose(starts[2]));  // drawn anew, not put back
    }
  }
}

}  // namespace cumulative_test
