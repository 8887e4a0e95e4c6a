// `active`: which outputs the softmax of the loss covers, in every model that has the option.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <limits>

#include "core/error.hpp"
#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace active_outputs_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

const HarnessTask kFirst = random_task(6, {2}, {0, 1}, 1), kSecond = random_task(6, {2}, {2, 3}, 2);

/// Cross-entropy over these outputs alone.
at::Tensor loss_over(const ModelHarness& harness, const HarnessTask& task,
                     const std::vector<std::int64_t>& outputs) {
  const auto own = at::tensor(outputs, at::kLong);
  const auto hidden = at::full({5}, -std::numeric_limits<float>::infinity()).index_fill_(0, own, 0);
  return at::cross_entropy_loss(harness.forward(task.raw) + hidden, task.labels);
}

/// Steps once on the task and compares with the gradient of this loss.
void expect_step(ModelHarness& harness, const HarnessTask& task,
                 const std::vector<std::int64_t>& outputs) {
  const auto before = harness.values().clone();
  const auto gradient = harness.gradient_of(loss_over(harness, task, outputs));
  harness.observe(task.raw, task.labels);
  EXPECT_TRUE(harness.values().allclose(before - 0.1 * gradient, 1e-5, 1e-6));
  EXPECT_GT(gradient.abs().max().item<double>(), 1e-3);
}

class Active : public testing::TestWithParam<const char*> {
 protected:
  /// Springs and references play no part in the first step of a task: they start at its anchor, and
  /// memory is as good as none.
  HarnessPlan plan(const char* active) const {
    HarnessPlan plan{GetParam(), {{"active", active}}};
    plan.blocks = {5};
    if (plan.model == "er" || plan.model == "agem") {
      plan.options["buffer-size"] = plan.model == "er" ? "1" : "2";
    }
    return plan;
  }
};

TEST_P(Active, AllCoversClassesStillToCome) {
  ModelHarness harness(plan("all"));
  harness.begin_task(kFirst);
  expect_step(harness, kFirst, {0, 1, 2, 3, 4});
}

TEST_P(Active, SeenCoversTheTasksSoFar) {
  ModelHarness harness(plan("seen"));
  harness.begin_task(kFirst);
  expect_step(harness, kFirst, {0, 1});
}

TEST_P(Active, RefusesAMultiHeadAndATaskFreeStream) {
  for (const auto* active : {"seen", "task"}) {
    auto multi = plan(active), free = plan(active);
    multi.scenario = clh::Scenario::kTaskIl;
    multi.head = clh::core::HeadForm::kMultiHead;
    multi.blocks = {2, 3};
    EXPECT_THROW(ModelHarness harness(multi), clh::core::Error) << active;
    free.scenario = clh::Scenario::kTaskFree;
    EXPECT_THROW(ModelHarness harness(free), clh::core::Error) << active;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Active, testing::Values("er", "agem", "ewc", "si", "mas"));

/// The second task, whose springs still lie at their anchor.
class ActiveSprings : public Active {};
TEST_P(ActiveSprings, SecondTask) {
  ModelHarness seen(plan("seen")), task(plan("task"));
  for (auto* harness : {&seen, &task}) {
    harness->begin_task(kFirst);
    harness->train(3);
    harness->end_task();
    harness->begin_task(kSecond);
  }
  expect_step(seen, kSecond, {0, 1, 2, 3});
  expect_step(task, kSecond, {2, 3});
}
INSTANTIATE_TEST_SUITE_P(Models, ActiveSprings, testing::Values("ewc", "si", "mas"));

TEST(ActiveEr, ReplayedSamplesHaveTheirOwnTasksOutputs) {
  HarnessPlan plan{"er", {{"active", "task"}, {"buffer-size", "6"}, {"minibatch", "6"}}};
  plan.blocks = {5};
  ModelHarness harness(plan);
  harness.begin_task(kFirst);
  harness.observe(kFirst.raw, kFirst.labels);
  harness.end_task();
  harness.begin_task(kSecond);
  const auto expected =
      (loss_over(harness, kFirst, {0, 1}) + loss_over(harness, kSecond, {2, 3})) / 2;
  EXPECT_NEAR(harness.observe(kSecond.raw, kSecond.labels), expected.item<double>(), 1e-6);
}

/// Springs of EWC after the first task, over these outputs: sum_n sum_k p_nk (d log p_nk)^2 / N.
TEST(ActiveEwc, FisherIsThatOfTheActiveOutputs) {
  HarnessPlan plan{"ewc", {{"active", "seen"}}};
  plan.blocks = {5};
  ModelHarness harness(plan);
  harness.begin_task(kFirst);
  harness.train(3);
  auto expected = at::zeros_like(harness.values());
  for (std::int64_t n = 0; n < 6; ++n) {
    const auto log_p =
        harness.forward(kFirst.raw.narrow(0, n, 1)).narrow(1, 0, 2).log_softmax(1)[0];
    const auto p = log_p.detach().exp();
    for (std::int64_t k = 0; k < 2; ++k) {
      const auto again = harness.forward(kFirst.raw.narrow(0, n, 1)).narrow(1, 0, 2).log_softmax(1);
      expected += p[k] * harness.gradient_of(again[0][k]).square() / 6;
    }
  }
  harness.end_task();
  const auto state = harness.model_state();
  const auto& springs =
      std::get<at::Tensor>(state->children.at("penalty")->values.at("importance"));
  EXPECT_TRUE(springs.allclose(expected, 1e-4, 1e-7));
  EXPECT_GT(expected.max().item<double>(), 1e-3);
}

}  // namespace active_outputs_test
