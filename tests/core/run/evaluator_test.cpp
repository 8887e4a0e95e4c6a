#include "core/run/evaluator.hpp"

#include <ATen/ops/tensor.h>

#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace evaluator_test {

using clh::core::count_right;
using clh::core::disjoint_outputs;

// The example of the metric definitions: logits (2.0, 1.0, 3.0, 0.5), tasks {0, 1} and {2, 3},
// label 0: class-il predicts 2 (wrong), task-il predicts 0 (right).
TEST(CountRight, ClassIlAndTaskIlFromTheSameLogits) {
  const auto logits = at::tensor({2.0F, 1.0F, 3.0F, 0.5F}).unsqueeze(0);
  EXPECT_EQ(count_right(logits, {0}, {0, 1, 2, 3}).right, 0);
  EXPECT_EQ(count_right(logits, {0}, {0, 1}).right, 1);
  EXPECT_EQ(count_right(logits, {2}, {0, 1, 2, 3}).right, 1);
}

TEST(CountRight, TheLowestIndexWinsATie) {
  const auto logits = at::tensor({1.0F, 3.0F, 3.0F}).unsqueeze(0);
  EXPECT_EQ(count_right(logits, {1}, {0, 1, 2}).right, 1);
  EXPECT_EQ(count_right(logits, {2}, {0, 1, 2}).right, 0);
}

// What is not finite is no answer, whatever the argmax makes of it; -inf masks a class.
TEST(CountRight, AnAnswerThatIsNotFiniteIsWrong) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const auto count = [](const std::vector<float>& row) {
    const auto found = count_right(at::tensor(row).unsqueeze(0), {0}, {0, 1});
    return std::pair(found.right, found.not_finite);
  };
  EXPECT_EQ(count({2, 1, nan}), std::pair(std::int64_t{1}, std::int64_t{0}));  // not asked
  EXPECT_EQ(count({2, -inf, 0}), std::pair(std::int64_t{1}, std::int64_t{0}));
  for (const std::vector<float>& row :
       {std::vector<float>{nan, nan, 0}, {2, nan, 0}, {inf, 1, 0}, {-inf, -inf, 0}}) {
    EXPECT_EQ(count(row), std::pair(std::int64_t{0}, std::int64_t{1})) << row[0];
  }
}

TEST(CountRight, UnseenClassesTakeNoPart) {
  const auto logits = at::tensor({1.0F, 0.0F, 9.0F}).unsqueeze(0);
  EXPECT_EQ(count_right(logits, {0}, {0, 1}).right, 1);
  EXPECT_EQ(count_right(logits, {0}, {0, 1, 2}).right, 0);
  EXPECT_EQ(count_right(logits, {0}, {}).right, 0);
}

TEST(CountRight, CountsOverTheBatchAndIgnoresOutputsThatAreNotThere) {
  const auto logits = at::tensor({0.0F, 1.0F, 1.0F, 0.0F, 0.0F, 1.0F}).view({3, 2});
  EXPECT_EQ(count_right(logits, {1, 0, 0}, {0, 1, 2, 3}).right, 2);
}

TEST(DisjointOutputs, HoldsForSplitsAndNotForSharedLabels) {
  clh::core::StreamPlan plan;
  plan.tasks.resize(2);
  plan.tasks[0].outputs = {0, 1};
  plan.tasks[1].outputs = {2, 3};
  EXPECT_TRUE(disjoint_outputs(plan));
  plan.tasks[1].outputs = {0, 1};
  EXPECT_FALSE(disjoint_outputs(plan));
}

}  // namespace evaluator_test
