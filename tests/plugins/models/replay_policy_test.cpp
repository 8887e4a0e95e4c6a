// Every replay model keeps what `policy` says, and a sample at most once over several epochs.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/unique_dim.h>

#include <string>
#include <tuple>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace replay_policy_test {

using clh::test::HarnessPlan;
using clh::test::ModelHarness;
using clh::test::random_task;

constexpr const char* kModels[] = {"er",     "er-ace", "er-aml", "der", "derpp",
                                   "agem-r", "mir",    "mer",    "scr", "cope"};
constexpr const char* kPolicies[] = {"reservoir", "class-balanced",    "ring",
                                     "herding",   "closest-to-center", "fifo"};

/// Two tasks of two epochs each. Returns: the memory's raw samples.
at::Tensor memory_after_two_tasks(const char* model, const char* policy, const char* buffer_size,
                                  const char* formula) {
  HarnessPlan plan{
      model,
      {{"policy", policy}, {"buffer-size", buffer_size}, {"minibatch", "4"}, {"formula", formula}}};
  plan.rate = 0.01;
  ModelHarness harness(plan);
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(random_task(10, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t)));
    harness.train(5);
    harness.train(5);
    harness.end_task();
  }
  EXPECT_TRUE(harness.values().isfinite().all().item<bool>()) << model << ' ' << policy;
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("memory")->children.at("samples")->children.at("columns")->values.at("0"));
}

std::int64_t distinct(const at::Tensor& raw) {
  return std::get<0>(at::unique_dim(raw, 0)).size(0);
}

TEST(ReplayPolicy, EveryReplayModelKeepsEachSampleOnce) {
  for (const auto* model : kModels) {
    for (const auto* policy : kPolicies) {
      const auto full = memory_after_two_tasks(model, policy, "8", "paper");
      EXPECT_EQ(full.size(0), 8) << model << ' ' << policy;
      EXPECT_EQ(distinct(full), 8) << model << ' ' << policy;
      EXPECT_EQ(memory_after_two_tasks(model, policy, "100", "paper").size(0), 20)
          << model << ' ' << policy;
    }
  }
}

TEST(ReplayPolicy, ThePublishedCodeKeepsCopies) {
  for (const auto* model : kModels) {
    const auto raw = memory_after_two_tasks(model, "reservoir", "100", "reference-code");
    EXPECT_EQ(raw.size(0), 40) << model;
    EXPECT_EQ(distinct(raw), 20) << model;
  }
}

TEST(ReplayPolicy, GdumbAndTheRingsOfHalTakeASampleOnce) {
  for (const auto* formula : {"paper", "reference-code"}) {
    HarnessPlan gdumb{"gdumb", {{"buffer-size", "100"}, {"epochs", "1"}, {"formula", formula}}};
    HarnessPlan hal{"hal", {{"buffer-size", "100"}, {"anchor-steps", "1"}, {"formula", formula}}};
    for (const auto& plan : {gdumb, hal}) {
      ModelHarness harness(plan);
      harness.begin_task(random_task(10, {2}, {0, 1}, 1));
      harness.train(5);
      harness.train(5);
      harness.end_task();
      const auto raw = std::get<at::Tensor>(harness.model_state()
                                                ->children.at("memory")
                                                ->children.at("samples")
                                                ->children.at("columns")
                                                ->values.at("0"));
      EXPECT_EQ(raw.size(0), std::string(formula) == "paper" ? 10 : 20) << plan.model;
    }
  }
}

}  // namespace replay_policy_test
