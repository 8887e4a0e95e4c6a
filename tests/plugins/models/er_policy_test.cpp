// What `er` keeps under each of its policies.
#include <clh/memory/herding.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "core/error.hpp"
#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace er_policy_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

HarnessPlan er(const char* policy, const char* buffer_size) {
  return {"er", {{"policy", policy}, {"buffer-size", buffer_size}}};
}

/// The exemplars of an output, in the order in which they were chosen.
at::Tensor exemplars(const ModelHarness& harness, std::int64_t label) {
  const auto state = harness.model_state();
  const auto& samples = *state->children.at("memory")->children.at("samples");
  const auto& columns = samples.children.at("columns")->values;
  const auto own = std::get<at::Tensor>(columns.at("1")).eq(label);
  return std::get<at::Tensor>(columns.at("0")).index({own});
}

/// Rows of the task with this label, and their unit features in eval mode.
std::pair<at::Tensor, at::Tensor> of_class(ModelHarness& harness, const HarnessTask& task,
                                           std::int64_t label) {
  const at::NoGradGuard no_grad;
  const auto raw = task.raw.index({task.labels.eq(label)});
  const auto features = harness.network().features(raw);
  return {raw, features / features.norm(2, 1, true).clamp_min(1e-12)};
}

TEST(ErPolicy, HerdingKeepsTheClassMeanAndItsPrefix) {
  ModelHarness harness(er("herding", "8"));
  const auto first = random_task(20, {2}, {0, 1}, 3), second = random_task(20, {2}, {2, 3}, 4);
  harness.begin_task(first);
  harness.train(5);
  const auto [raw, features] = of_class(harness, first, 1);
  harness.end_task();
  const auto order = clh::herd(features, 4);
  const auto chosen = raw.index_select(0, at::tensor(order, at::kLong));
  EXPECT_TRUE(exemplars(harness, 1).equal(chosen));
  harness.begin_task(second);
  harness.train(5);
  harness.end_task();
  EXPECT_TRUE(exemplars(harness, 1).equal(chosen.narrow(0, 0, 2)));
  EXPECT_EQ(exemplars(harness, 3).size(0), 2);
}

TEST(ErPolicy, ClosestKeepsTheNearestToTheClassMean) {
  ModelHarness harness(er("closest-to-center", "6"));
  const auto task = random_task(20, {2}, {0, 1}, 5);
  harness.begin_task(task);
  harness.train(5);
  const auto [raw, features] = of_class(harness, task, 0);
  harness.end_task();
  std::vector<std::pair<double, std::int64_t>> distances;
  for (std::int64_t i = 0; i < raw.size(0); ++i) {
    distances.emplace_back((features[i] - features.mean(0)).square().sum().item<double>(), i);
  }
  std::sort(distances.begin(), distances.end());
  const auto kept = exemplars(harness, 0);
  ASSERT_EQ(kept.size(0), 3);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(kept[i].equal(raw[distances[static_cast<std::size_t>(i)].second]));
  }
}

TEST(ErPolicy, FeaturePoliciesReplayOnlyWhatTheyChose) {
  for (const auto* policy : {"herding", "closest-to-center"}) {
    ModelHarness harness(er(policy, "4"));
    const auto first = random_task(10, {2}, {0, 1}, 6), second = random_task(4, {2}, {2, 3}, 7);
    harness.begin_task(first);
    for (int step = 0; step < 2; ++step) {  // nothing is replayed in the first task
      const auto gradient =
          harness.gradient_of(at::cross_entropy_loss(harness.forward(first.raw), first.labels));
      const auto before = harness.values().clone();
      harness.observe(first.raw, first.labels);
      EXPECT_TRUE(harness.values().allclose(before - 0.1 * gradient, 1e-5, 1e-6)) << policy;
    }
    harness.end_task();
    harness.begin_task(second);
    const auto raw = at::cat({second.raw, exemplars(harness, 0), exemplars(harness, 1)});
    const auto labels = at::cat({second.labels, at::tensor({0, 0, 1, 1}, at::kLong)});
    const auto objective = at::cross_entropy_loss(harness.forward(raw), labels);
    EXPECT_NEAR(harness.observe(second.raw, second.labels), objective.item<double>(), 1e-6);
  }
}

TEST(ErPolicy, OnlinePoliciesOfferEachBatchAfterItsStep) {
  for (const auto* policy : {"class-balanced", "ring"}) {
    ModelHarness harness(er(policy, "4"));
    const auto task = random_task(4, {2}, {0, 1, 2, 3}, 8);
    const auto old_raw = task.raw.narrow(0, 0, 2), new_raw = task.raw.narrow(0, 2, 2);
    const auto old_labels = task.labels.narrow(0, 0, 2), new_labels = task.labels.narrow(0, 2, 2);
    harness.begin_task(task);
    harness.observe(old_raw, old_labels);
    const auto objective = at::cross_entropy_loss(harness.forward(at::cat({new_raw, old_raw})),
                                                  at::cat({new_labels, old_labels}));
    EXPECT_NEAR(harness.observe(new_raw, new_labels), objective.item<double>(), 1e-6) << policy;
  }
}

TEST(ErPolicy, RefusesAMemoryWithoutRoomForEveryClass) {
  for (const auto* policy : {"class-balanced", "ring", "herding", "closest-to-center"}) {
    EXPECT_THROW(ModelHarness harness(er(policy, "3")), clh::core::Error) << policy;
  }
  EXPECT_NO_THROW(ModelHarness harness(er("reservoir", "3")));
}

TEST(ErPolicy, RefusesToWaitForATasksEndInATaskFreeStream) {
  auto plan = er("herding", "8");
  plan.scenario = clh::Scenario::kTaskFree;
  EXPECT_THROW(ModelHarness harness(plan), clh::core::Error);
  plan.options["policy"] = "ring";
  EXPECT_NO_THROW(ModelHarness harness(plan));
}

}  // namespace er_policy_test
