#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace mer_test {

using clh::test::HarnessPlan;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.1;

class MerTest : public ::testing::Test {
 protected:
  std::unique_ptr<ModelHarness> harness(const char* model, OptionTexts options) const {
    HarnessPlan plan{model, std::move(options)};
    plan.rate = kRate;
    auto made = std::make_unique<ModelHarness>(plan);
    made->begin_task(task);
    return made;
  }
  /// The gradient of the mean loss on some of the task's samples at `values`.
  at::Tensor gradient(ModelHarness& harness, const at::Tensor& values, std::int64_t first,
                      std::int64_t count) const {
    const auto kept = harness.values().clone();
    harness.values().copy_(values);
    const auto outputs = harness.forward(task.raw.narrow(0, first, count));
    const auto gradient =
        harness.gradient_of(at::cross_entropy_loss(outputs, task.labels.narrow(0, first, count)));
    harness.values().copy_(kept);
    return gradient;
  }

  const clh::test::HarnessTask task = random_task(12, {2}, {0, 1, 2, 3}, 7);
};

TEST_F(MerTest, MovingAllTheWayItIsReplaySampleBySample) {
  const OptionTexts options{{"buffer-size", "5"}, {"minibatch", "3"}};
  const auto mer = harness("mer", options), er = harness("er", options);
  for (std::int64_t i = 0; i < 12; ++i) {
    const auto raw = task.raw.narrow(0, i, 1), labels = task.labels.narrow(0, i, 1);
    EXPECT_EQ(mer->observe(raw, labels), er->observe(raw, labels));
    EXPECT_TRUE(mer->values().equal(er->values())) << "after sample " << i;
  }
}

TEST_F(MerTest, ABatchIsItsSamplesInTurn) {
  const OptionTexts options{
      {"buffer-size", "5"}, {"minibatch", "3"}, {"beta", "0.5"}, {"rounds", "2"}};
  const auto whole = harness("mer", options), single = harness("mer", options);
  whole->train(6);
  single->train(1);
  EXPECT_TRUE(whole->values().equal(single->values()));
}

TEST_F(MerTest, MovesPartOfTheWayWithinAndAcrossBatches) {
  const auto b = harness("mer", {{"beta", "0.5"}, {"gamma", "0.25"}, {"rounds", "2"}});
  const auto start = b->values().clone();
  const auto once = start - 0.5 * kRate * gradient(*b, start, 0, 1);
  const auto twice = once - 0.5 * kRate * gradient(*b, once, 0, 1);
  b->observe(task.raw.narrow(0, 0, 1), task.labels.narrow(0, 0, 1));
  EXPECT_TRUE(b->values().allclose(start + 0.25 * (twice - start), 1e-5, 1e-6));

  // The second sample's batches hold the first one too.
  const auto next = b->values().clone();
  const auto third = next - 0.5 * kRate * gradient(*b, next, 0, 2);
  const auto fourth = third - 0.5 * kRate * gradient(*b, third, 0, 2);
  b->observe(task.raw.narrow(0, 1, 1), task.labels.narrow(0, 1, 1));
  EXPECT_TRUE(b->values().allclose(next + 0.25 * (fourth - next), 1e-5, 1e-6));
}

TEST_F(MerTest, CanStepOnEachSampleOfABatch) {
  const auto b = harness("mer", {{"inner", "sample"}, {"beta", "0.5"}});
  b->observe(task.raw.narrow(0, 0, 1), task.labels.narrow(0, 0, 1));
  const auto start = b->values().clone();
  const auto present = start - kRate * gradient(*b, start, 1, 1);
  const auto both = present - kRate * gradient(*b, present, 0, 1);
  b->observe(task.raw.narrow(0, 1, 1), task.labels.narrow(0, 1, 1));
  EXPECT_TRUE(b->values().allclose(start + 0.5 * (both - start), 1e-5, 1e-6));
}

}  // namespace mer_test
