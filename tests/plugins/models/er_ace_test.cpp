#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace er_ace_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.1;
using Classes = std::vector<std::int64_t>;

/// Cross-entropy of a softmax over these classes alone.
at::Tensor among(const Classes& classes, const at::Tensor& outputs, const at::Tensor& labels) {
  const auto chosen = outputs.index_select(1, at::tensor(classes, at::kLong));
  auto places = labels.clone();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    places.masked_fill_(labels.eq(classes[i]), static_cast<std::int64_t>(i));
  }
  return at::cross_entropy_loss(chosen, places);
}

/// Five outputs, of which the last is never seen; two samples a task, so that a memory of four is
/// drawn whole and its order does not matter.
class ErAceTest : public ::testing::Test {
 protected:
  std::unique_ptr<ModelHarness> harness(OptionTexts options) const {
    HarnessPlan plan{"er-ace", std::move(options)};
    plan.options["minibatch"] = "4";
    plan.blocks = {5};
    plan.rate = kRate;
    auto made = std::make_unique<ModelHarness>(plan);
    made->begin_task(first);
    made->observe(first.raw, first.labels);
    return made;
  }
  void expect_step(ModelHarness& harness, const HarnessTask& task,
                   const at::Tensor& objective) const {
    const auto expected = harness.values() - kRate * harness.gradient_of(objective);
    EXPECT_NEAR(harness.observe(task.raw, task.labels), objective.item<double>(), 1e-5);
    EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
  }

  const HarnessTask first = random_task(2, {2}, {0, 1}, 7);
  const HarnessTask second = random_task(2, {2}, {2, 3}, 8);
};

TEST_F(ErAceTest, TakesPlainStepsInTheFirstTask) {
  const auto b = harness({});
  expect_step(*b, first, at::cross_entropy_loss(b->forward(first.raw), first.labels));
}

TEST_F(ErAceTest, ThePresentClassesCompeteAloneTheReplayedAmongAllSeen) {
  for (const double weight : {1.0, 0.5}) {
    const auto b = harness({{"weight", std::to_string(weight)}});
    b->end_task();
    b->begin_task(second);
    const auto present = among({2, 3}, b->forward(second.raw), second.labels);
    const auto past = among({0, 1, 2, 3}, b->forward(first.raw), first.labels);
    expect_step(*b, second, weight * (present + past));
  }
}

TEST_F(ErAceTest, DoesSoFromTheStartWhereThereAreNoTasks) {
  const auto b = harness({{"task-free", "true"}});
  const auto present = among({2, 3}, b->forward(second.raw), second.labels);
  const auto past = among({0, 1, 2, 3}, b->forward(first.raw), first.labels);
  expect_step(*b, second, present + past);
}

TEST_F(ErAceTest, InThePublishedCodeUnseenClassesCompeteToo) {
  const auto b = harness({{"formula", "reference-code"}});
  b->end_task();
  b->begin_task(second);
  const HarnessTask three{second.raw, at::full_like(second.labels, 3), {2, 3}},
      two{second.raw, at::full_like(second.labels, 2), {2, 3}};
  b->observe(three.raw, three.labels);
  // Present {2}, the highest seen class 3, and 4, which is unseen.
  const auto present = among({2, 3, 4}, b->forward(two.raw), two.labels);
  const auto raw = at::cat({first.raw, three.raw}), labels = at::cat({first.labels, three.labels});
  expect_step(*b, two, present + at::cross_entropy_loss(b->forward(raw), labels));
}

}  // namespace er_ace_test
