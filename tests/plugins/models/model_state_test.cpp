
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace model_state_test {

using clh::core::HeadForm;
using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

struct Case {
  const char* name;
  HarnessPlan plan;
};

HarnessTask task(int t) {
  return random_task(20, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

constexpr int kTasks = 3, kBatches = 5, kBatch = 4;

/// Trains from (task, batch) on, to the end; stops before (until_task, until_batch).
void train(ModelHarness& harness, int from_task, int from_batch, int until_task, int until_batch) {
  for (int t = from_task; t < kTasks; ++t) {
    if (t != from_task || from_batch == 0) {
      harness.begin_task(task(t));
    }
    for (int b = t == from_task ? from_batch : 0; b < kBatches; ++b) {
      if (t == until_task && b == until_batch) {
        return;
      }
      const auto data = task(t);
      const auto first = b * kBatch;
      const auto loss = harness.observe(data.raw.narrow(0, first, kBatch).contiguous(),
                                        data.labels.narrow(0, first, kBatch).contiguous(),
                                        at::arange(first, first + kBatch) + 1000 * t);
      ASSERT_TRUE(std::isfinite(loss));
    }
    if (t == until_task && until_batch == kBatches) {
      return;
    }
    harness.end_task();
  }
}

class ModelStateTest : public ::testing::TestWithParam<Case> {};

/// Saved at any of these places and loaded elsewhere, a run goes on with the same bits.
TEST_P(ModelStateTest, GoesOnAsIfThereHadBeenNoSave) {
  auto plan = GetParam().plan;
  plan.tasks = kTasks;
  ModelHarness straight(plan);
  train(straight, 0, 0, -1, -1);
  const std::pair<int, int> places[] = {{0, 2}, {0, kBatches}, {1, 1}, {2, 3}, {2, kBatches}};
  for (const auto& [t, b] : places) {
    ModelHarness first(plan);
    train(first, 0, 0, t, b);
    const auto saved = first.save();
    ModelHarness second(plan);
    second.load(*saved, task(t), t);
    train(second, t, b, -1, -1);
    EXPECT_TRUE(second.values().equal(straight.values())) << "saved in task " << t;
  }
}

TEST_P(ModelStateTest, RunsAreEqualBitForBitAndDependOnTheSeed) {
  auto plan = GetParam().plan;
  plan.tasks = kTasks;
  ModelHarness one(plan), two(plan);
  plan.seed = 1;
  ModelHarness other(plan);
  for (auto* harness : {&one, &two, &other}) {
    train(*harness, 0, 0, -1, -1);
  }
  EXPECT_TRUE(one.values().equal(two.values()));
  EXPECT_FALSE(one.values().allclose(other.values()));
}

HarnessPlan make(const char* model, OptionTexts options, HeadForm head = HeadForm::kFixed) {
  HarnessPlan plan{model, std::move(options)};
  plan.head = head;
  plan.blocks =
      head == HeadForm::kFixed ? std::vector<std::int64_t>{6} : std::vector<std::int64_t>{2, 2, 2};
  plan.rate = 0.05;
  return plan;
}

INSTANTIATE_TEST_SUITE_P(
    All, ModelStateTest,
    ::testing::Values(
        Case{"sgd", make("sgd", {})}, Case{"joint", make("joint", {})},
        Case{"er", make("er", {{"buffer-size", "9"}})},
        Case{"er_incremental", make("er", {{"buffer-size", "9"}}, HeadForm::kIncremental)},
        Case{"der", make("der", {{"buffer-size", "9"}})},
        Case{"der_incremental", make("der", {{"buffer-size", "9"}}, HeadForm::kIncremental)},
        Case{"derpp", make("derpp", {{"buffer-size", "9"}}, HeadForm::kMultiHead)},
        Case{"agem", make("agem", {{"buffer-size", "9"}, {"minibatch", "3"}})},
        Case{"agem_r", make("agem-r", {{"buffer-size", "9"}, {"minibatch", "3"}})},
        Case{"er_ace", make("er-ace", {{"buffer-size", "9"}}, HeadForm::kIncremental)},
        Case{"fdr", make("fdr", {{"buffer-size", "9"}}, HeadForm::kIncremental)},
        Case{"gss", make("gss", {{"buffer-size", "9"}, {"minibatch", "3"}})},
        Case{"hal", make("hal", {{"buffer-size", "9"}}, HeadForm::kIncremental)},
        Case{"hal_paper", make("hal", {{"buffer-size", "9"}, {"formula", "reference-code"}})},
        Case{"mer", make("mer", {{"buffer-size", "9"}, {"minibatch", "3"}, {"beta", "0.5"}})},
        Case{"mir", make("mir", {{"buffer-size", "9"}, {"minibatch", "2"}, {"subsample", "5"}})},
        Case{"cumulative", make("cumulative", {{"reinit", "true"}}, HeadForm::kIncremental)},
        Case{"gdumb", make("gdumb", {{"buffer-size", "9"}, {"epochs", "3"}})},
        Case{"gdumb_incremental",
             make("gdumb", {{"buffer-size", "9"}, {"epochs", "3"}}, HeadForm::kIncremental)},
        Case{"gem", make("gem", {{"buffer-size", "9"}})},
        Case{"gem_last",
             make("gem", {{"buffer-size", "9"}, {"selection", "last"}}, HeadForm::kIncremental)},
        Case{"icarl", make("icarl", {{"buffer-size", "9"}}, HeadForm::kIncremental)},
        Case{"mas", make("mas", {})},
        Case{"mas_batches", make("mas", {{"per-sample", "false"}}, HeadForm::kIncremental)},
        Case{"rwalk", make("rwalk", {{"delta-t", "2"}}, HeadForm::kIncremental)},
        Case{"si", make("si", {}, HeadForm::kIncremental)},
        Case{"si_paper", make("si", {{"formula", "reference-code"}})},
        Case{"ewc", make("ewc", {{"lambda", "5"}})},
        Case{"ewc_sample_separate", make("ewc",
                                         {{"lambda", "5"},
                                          {"mode", "separate"},
                                          {"fisher", "sample"},
                                          {"fisher-samples", "7"}},
                                         HeadForm::kIncremental)},
        Case{"ewc_batched", make("ewc", {{"lambda", "5"}, {"fisher", "batched"}})},
        Case{"lwf", make("lwf", {})},
        Case{"lwf_paper", make("lwf", {{"formula", "reference-code"}})},
        Case{"lwf_multi", make("lwf", {}, HeadForm::kMultiHead)},
        Case{"lwf_incremental", make("lwf", {{"support", "all"}}, HeadForm::kIncremental)}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace model_state_test
