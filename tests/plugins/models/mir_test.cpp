#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace mir_test {

using clh::test::HarnessPlan;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.5;

class MirTest : public ::testing::Test {
 protected:
  /// After one step on the first six samples, which are the memory.
  std::unique_ptr<ModelHarness> harness(OptionTexts options) const {
    HarnessPlan plan{"mir", std::move(options)};
    plan.rate = kRate;
    auto made = std::make_unique<ModelHarness>(plan);
    made->begin_task(task);
    made->observe(old_raw, old_labels);
    return made;
  }
  at::Tensor losses(const ModelHarness& harness, const at::Tensor& raw,
                    const at::Tensor& labels) const {
    return at::cross_entropy_loss(harness.forward(raw), labels, {}, at::Reduction::None);
  }
  /// The places of the `count` memory samples whose loss a step on the new batch raises most.
  at::Tensor worst(ModelHarness& harness, std::int64_t count) const {
    const auto g = harness.gradient_of(losses(harness, new_raw, new_labels).mean());
    const auto before = losses(harness, old_raw, old_labels).detach();
    const auto kept = harness.values().clone();
    harness.values().sub_(g, kRate);
    const auto harm = losses(harness, old_raw, old_labels).detach() - before;
    harness.values().copy_(kept);
    EXPECT_GT((harm.max() - harm.min()).item<double>(), 0.01);
    return harm.argsort(0, /*descending=*/true).narrow(0, 0, count);
  }
  void expect_step(ModelHarness& harness, const at::Tensor& objective) const {
    const auto expected = harness.values() - kRate * harness.gradient_of(objective);
    EXPECT_NEAR(harness.observe(new_raw, new_labels), objective.item<double>(), 1e-5);
    EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
  }

  const clh::test::HarnessTask task = random_task(10, {2}, {0, 1, 2, 3}, 7);
  const at::Tensor old_raw = task.raw.narrow(0, 0, 6), old_labels = task.labels.narrow(0, 0, 6);
  const at::Tensor new_raw = task.raw.narrow(0, 6, 4), new_labels = task.labels.narrow(0, 6, 4);
};

TEST_F(MirTest, ReplaysWhatTheStepWouldHarmMost) {
  for (const std::int64_t count : {1, 2, 4}) {
    const auto b = harness({{"minibatch", std::to_string(count)}, {"subsample", "6"}});
    const auto chosen = worst(*b, count);
    const auto past = losses(*b, old_raw, old_labels).index_select(0, chosen).mean();
    expect_step(*b, losses(*b, new_raw, new_labels).mean() + past);
  }
}

TEST_F(MirTest, CanTakeOneMeanOverBatchAndMemory) {
  const auto b = harness({{"minibatch", "2"}, {"subsample", "6"}, {"loss", "concat"}});
  const auto past = losses(*b, old_raw, old_labels).index_select(0, worst(*b, 2));
  expect_step(*b, at::cat({losses(*b, new_raw, new_labels), past}).mean());
}

TEST_F(MirTest, ReplaysEveryCandidateIfThereAreNoMore) {
  const auto b = harness({});
  const auto past = losses(*b, old_raw, old_labels).mean();
  expect_step(*b, losses(*b, new_raw, new_labels).mean() + past);
}

TEST_F(MirTest, DrawsItsCandidates) {
  // Of a subsample of one, drawn anew in each step, the one that is drawn is replayed.
  const auto b = harness({{"minibatch", "1"}, {"subsample", "1"}});
  const auto each = losses(*b, old_raw, old_labels).detach();
  const auto present = losses(*b, new_raw, new_labels).mean().item<double>();
  const auto loss = b->observe(new_raw, new_labels);
  EXPECT_LT((each + present - loss).abs().min().item<double>(), 1e-5);
}

TEST_F(MirTest, RefusesSizesThatContradictEachOther) {
  EXPECT_ANY_THROW(harness({{"minibatch", "5"}, {"subsample", "4"}}));
}

}  // namespace mir_test
