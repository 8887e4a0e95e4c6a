#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace replay_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

constexpr double kRate = 0.1;

at::Tensor cross_entropy(const ModelHarness& harness, const at::Tensor& raw,
                         const at::Tensor& labels) {
  return at::cross_entropy_loss(harness.forward(raw), labels);
}

/// Column `column` of the model's memory: 0 raw, 1 labels, 2 outputs.
at::Tensor memory(const ModelHarness& harness, const char* column) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("memory")->children.at("samples")->children.at("columns")->values.at(
          column));
}

/// A harness after one step on the first two samples of `task`; the next two are for the second
/// step, at which a memory of two is drawn whole, so that its order does not matter.
class ReplayTest : public ::testing::Test {
 protected:
  std::unique_ptr<ModelHarness> after_one_step(HarnessPlan plan) {
    plan.rate = kRate;
    auto harness = std::make_unique<ModelHarness>(plan);
    harness->begin_task(task);
    before_first = harness->forward(old_raw).detach();
    harness->observe(old_raw, old_labels);
    return harness;
  }
  /// Makes the second step and compares its loss and its update with the given objective's.
  void expect_step(ModelHarness& harness, const at::Tensor& objective) {
    const auto before = harness.values().clone();
    const auto gradient = harness.gradient_of(objective);
    const auto loss = harness.observe(new_raw, new_labels);
    EXPECT_NEAR(loss, objective.item<double>(), 1e-6);
    EXPECT_TRUE(harness.values().allclose(before - kRate * gradient, 1e-5, 1e-6));
    EXPECT_GT((harness.values() - before).abs().max().item<double>(), 1e-3);
  }

  const HarnessTask task = random_task(4, {2}, {0, 1, 2, 3}, 7);
  const at::Tensor old_raw = task.raw.narrow(0, 0, 2), new_raw = task.raw.narrow(0, 2, 2);
  const at::Tensor old_labels = task.labels.narrow(0, 0, 2),
                   new_labels = task.labels.narrow(0, 2, 2);
  at::Tensor before_first;  // outputs for old_raw before the first step
};

TEST_F(ReplayTest, SgdTakesPlainSteps) {
  const auto harness = after_one_step({"sgd"});
  expect_step(*harness, cross_entropy(*harness, new_raw, new_labels));
}

TEST_F(ReplayTest, ErTakesOneMeanOverBatchAndMemory) {
  const auto harness = after_one_step({"er"});
  expect_step(*harness, cross_entropy(*harness, task.raw, task.labels));
}

TEST_F(ReplayTest, ErWeighsItsMemoryByItsSize) {
  const auto harness = after_one_step({"er", {{"minibatch", "1"}}});
  harness->observe(new_raw, new_labels);  // now four are held
  // One replayed sample beside two: the loss is the mean over three, whichever is drawn.
  const auto each =
      at::cross_entropy_loss(harness->forward(task.raw), task.labels, {}, at::Reduction::None);
  const auto loss = harness->observe(new_raw, new_labels);
  const auto present = each.narrow(0, 2, 2).sum().item<double>();
  double nearest = 1;
  for (int i = 0; i < 4; ++i) {
    nearest = std::min(nearest, std::abs(loss - (present + each[i].item<double>()) / 3));
  }
  EXPECT_LT(nearest, 1e-6);
}

TEST_F(ReplayTest, ErCanAddTwoMeans) {
  const auto harness = after_one_step({"er", {{"replay-weight", "3"}, {"minibatch", "2"}}});
  expect_step(*harness, cross_entropy(*harness, new_raw, new_labels) +
                            3 * cross_entropy(*harness, old_raw, old_labels));
}

TEST_F(ReplayTest, MemoryHoldsRawSamplesAndLabels) {
  for (const auto* model : {"er", "der", "derpp"}) {
    const auto harness = after_one_step({model});
    EXPECT_TRUE(memory(*harness, "0").equal(old_raw)) << model;
    EXPECT_TRUE(memory(*harness, "1").equal(old_labels)) << model;
  }
}

TEST_F(ReplayTest, DerStoresTheOutputsFromBeforeTheStep) {
  for (const auto* model : {"der", "derpp"}) {
    const auto harness = after_one_step({model});
    EXPECT_TRUE(memory(*harness, "2").equal(before_first)) << model;
    EXPECT_FALSE(harness->forward(old_raw).allclose(before_first)) << model;  // the step moved them
  }
}

TEST_F(ReplayTest, DerAddsTheMeanSquareOverBatchAndOutputs) {
  const auto harness = after_one_step({"der", {{"alpha", "0.7"}}});
  const auto square = (harness->forward(old_raw) - before_first).square().sum() / (2 * 4);
  expect_step(*harness, cross_entropy(*harness, new_raw, new_labels) + 0.7 * square);
}

TEST_F(ReplayTest, DerppAddsTheReplayedLabelsToo) {
  const auto harness = after_one_step({"derpp", {{"alpha", "0.7"}, {"beta", "0.3"}}});
  const auto square = (harness->forward(old_raw) - before_first).square().sum() / (2 * 4);
  expect_step(*harness, cross_entropy(*harness, new_raw, new_labels) + 0.7 * square +
                            0.3 * cross_entropy(*harness, old_raw, old_labels));
}

TEST_F(ReplayTest, DerppDrawsTwice) {
  // With beta alone and with alpha alone the same first draw is made; a second one, independent of
  // it, needs twice as many words of the stream.
  const auto der = after_one_step({"der"}), derpp = after_one_step({"derpp"});
  der->observe(new_raw, new_labels);
  derpp->observe(new_raw, new_labels);
  const auto used = [](ModelHarness& harness) {
    return harness.save()->streams.at("model\nbuffer.sample");
  };
  EXPECT_EQ(used(*der), 2U);
  EXPECT_EQ(used(*derpp), 4U);
}

TEST_F(ReplayTest, DerComparesOnlyOutputsThatWereStored) {
  for (const auto* model : {"der", "derpp"}) {
    HarnessPlan plan{model, {{"alpha", "0.7"}, {"minibatch", "2"}}};
    if (plan.model == "derpp") {
      plan.options["beta"] = "0";
    }
    plan.head = clh::core::HeadForm::kIncremental;
    plan.blocks = {2, 2};
    plan.rate = kRate;
    ModelHarness harness(plan);
    const HarnessTask first{old_raw, old_labels, {0, 1}}, second{new_raw, new_labels, {2, 3}};
    harness.begin_task(first);
    const auto stored = harness.forward(old_raw).detach();  // [2, 2]
    harness.observe(old_raw, old_labels);
    harness.end_task();
    harness.begin_task(second);
    const auto square = (harness.forward(old_raw).narrow(1, 0, 2) - stored).square().mean();
    expect_step(harness, cross_entropy(harness, new_raw, new_labels) + 0.7 * square);

    // Rows of both widths: six numbers are compared, 2 * 2 + 2 * 4 would be eight with padding.
    harness.observe(new_raw, new_labels);
    const auto held = memory(harness, "2");
    EXPECT_EQ(held.isnan().sum().item<std::int64_t>(), 4) << model;
  }
}

TEST_F(ReplayTest, DerAveragesOverTheNumbersThatExist) {
  HarnessPlan plan{"der", {{"alpha", "1"}, {"minibatch", "4"}}};
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2};
  ModelHarness harness(plan);
  harness.begin_task({old_raw, old_labels, {0, 1}});
  const auto narrow = harness.forward(old_raw).detach();  // [2, 2]
  harness.observe(old_raw, old_labels);
  harness.end_task();
  harness.begin_task({new_raw, new_labels, {2, 3}});
  const auto wide = harness.forward(new_raw).detach();  // [2, 4]
  harness.observe(new_raw, new_labels);
  const auto squares = (harness.forward(old_raw).narrow(1, 0, 2) - narrow).square().sum() +
                       (harness.forward(new_raw) - wide).square().sum();
  const auto objective = cross_entropy(harness, new_raw, new_labels) + squares / (2 * 2 + 2 * 4);
  expect_step(harness, objective);
}

}  // namespace replay_test
