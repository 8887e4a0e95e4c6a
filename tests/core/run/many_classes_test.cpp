// A run over more classes than a byte can number, whose samples are floats.
#include <cstdint>

#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace many_classes_test {

using clh::test::TestRun;

TEST(ManyClasses, FloatsOfThreeHundredClassesAreLearnedTaskByTask) {
  TestRun run({"dataset=features", "model=slda", "stream.classes-per-task=100"});
  const auto& plan = run.experiment().plan();
  EXPECT_EQ(plan.n_outputs, 300);
  ASSERT_EQ(plan.tasks.size(), 3U);
  EXPECT_EQ(plan.tasks[2].classes.back(), 299);
  EXPECT_EQ(plan.tasks[2].train.size(), 200U);
  run.train();
  const auto& matrix = run.experiment().matrices().at("class-il");
  // A test sample is a training sample of its class; classes that shared a label would be lost.
  for (std::size_t task = 0; task < 3; ++task) {
    EXPECT_GT(matrix.at(2, task).value_or(0), 0.9) << task;
  }
}

}  // namespace many_classes_test
