#include <stdexcept>

#include "core/metrics/average_accuracy.hpp"
#include "core/metrics/average_incremental_accuracy.hpp"
#include "core/metrics/learning_accuracy.hpp"
#include "core/metrics/lower_triangle_accuracy.hpp"
#include "core/metrics/sample_mean_accuracy.hpp"
#include "running_example.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace accuracy_metrics_test {

// Sums of a few fractions in double precision differ from the decimal result by some 1e-16.
constexpr double kTolerance = 1e-12;

TEST(AverageAccuracy, RunningExample) {
  const auto matrix = running_example();
  EXPECT_NEAR(average_accuracy_after(matrix, 0).value(), 0.80, kTolerance);
  EXPECT_NEAR(average_accuracy_after(matrix, 1).value(), 0.87, kTolerance);
  EXPECT_NEAR(average_accuracy_after(matrix, 2).value(), 0.79, kTolerance);
  EXPECT_NEAR(average_accuracy(matrix).value(), 0.79, kTolerance);
  EXPECT_THROW(average_accuracy_after(matrix, 3), std::out_of_range);
}

TEST(AverageAccuracy, AbsentWhenASeenTaskWasNotEvaluated) {
  AccuracyMatrix matrix({10, 10});
  EXPECT_FALSE(average_accuracy(matrix).has_value());
  matrix.set(1, 1, 0.5);
  EXPECT_FALSE(average_accuracy_after(matrix, 1).has_value());
  EXPECT_FALSE(average_accuracy(matrix).has_value());
}

TEST(AverageAccuracy, TakesTheLastCompleteRow) {
  EXPECT_NEAR(average_accuracy(running_example_without(2)).value(), 0.87, kTolerance);
}

TEST(AverageAccuracy, RectangularStreams) {
  EXPECT_NEAR(average_accuracy(repeated_task()).value(), 0.65, kTolerance);  // (0.7 + 0.6) / 2
  EXPECT_NEAR(average_accuracy(joint()).value(), 0.7, kTolerance);
  EXPECT_NEAR(average_accuracy(single_task()).value(), 0.7, kTolerance);
}

TEST(SampleMeanAccuracy, RunningExample) {
  EXPECT_NEAR(sample_mean_accuracy(running_example()).value(), 0.8225, kTolerance);
}

TEST(SampleMeanAccuracy, CountsOnlySeenTasks) {
  // (100 * 0.84 + 200 * 0.90) / 300
  EXPECT_NEAR(sample_mean_accuracy(running_example().until(1)).value(), 0.88, kTolerance);
}

TEST(SampleMeanAccuracy, UnequalTestSets) {
  EXPECT_NEAR(sample_mean_accuracy(joint()).value(), 0.6, kTolerance);  // (9 + 15) / 40
  EXPECT_FALSE(sample_mean_accuracy(AccuracyMatrix({10})).has_value());
}

TEST(AverageIncrementalAccuracy, RunningExample) {
  EXPECT_NEAR(average_incremental_accuracy(running_example()).value(), 0.82, kTolerance);
}

TEST(AverageIncrementalAccuracy, SkipsAMissingRow) {
  // (0.80 + 0.79) / 2
  EXPECT_NEAR(average_incremental_accuracy(running_example_without(1)).value(), 0.795, kTolerance);
  EXPECT_FALSE(average_incremental_accuracy(AccuracyMatrix({10})).has_value());
}

TEST(AverageIncrementalAccuracy, RepeatedTask) {
  // (0.9 + 0.65 + 0.65) / 3
  EXPECT_NEAR(average_incremental_accuracy(repeated_task()).value(), 2.2 / 3.0, kTolerance);
}

TEST(LearningAccuracy, RunningExample) {
  EXPECT_NEAR(learning_accuracy(running_example()).value(), 0.85, kTolerance);
}

TEST(LearningAccuracy, SkipsAMissingRow) {
  EXPECT_NEAR(learning_accuracy(running_example_without(1)).value(), 0.825, kTolerance);
  EXPECT_FALSE(learning_accuracy(AccuracyMatrix({10})).has_value());
}

TEST(LearningAccuracy, RectangularStreams) {
  EXPECT_NEAR(learning_accuracy(repeated_task()).value(), 0.85, kTolerance);  // (0.9 + 0.8) / 2
  EXPECT_NEAR(learning_accuracy(joint()).value(), 0.7, kTolerance);
}

TEST(LearningAccuracy, LeavesOutTasksOfAnUnfinishedRow) {
  AccuracyMatrix matrix({10, 10});
  matrix.set(0, 0, 0.9);
  matrix.set(1, 1, 0.5);  // the run stopped before task 0 was evaluated again
  EXPECT_NEAR(learning_accuracy(matrix).value(), 0.9, kTolerance);
  EXPECT_NEAR(lower_triangle_accuracy(matrix).value(), 0.9, kTolerance);
}

TEST(LowerTriangleAccuracy, RunningExample) {
  EXPECT_NEAR(lower_triangle_accuracy(running_example()).value(), 4.91 / 6.0, kTolerance);
}

TEST(LowerTriangleAccuracy, SkipsAMissingRow) {
  // (0.80 + 0.60 + 0.92 + 0.85) / 4
  EXPECT_NEAR(lower_triangle_accuracy(running_example_without(1)).value(), 0.7925, kTolerance);
  EXPECT_FALSE(lower_triangle_accuracy(AccuracyMatrix({10})).has_value());
}

TEST(LowerTriangleAccuracy, RepeatedTask) {
  // (0.9 + 0.5 + 0.7 + 0.8 + 0.6) / 5
  EXPECT_NEAR(lower_triangle_accuracy(repeated_task()).value(), 0.7, kTolerance);
}

}  // namespace accuracy_metrics_test
}  // namespace clh::core
