#include <cmath>

#include "core/metrics/backward_transfer.hpp"
#include "core/metrics/forgetting.hpp"
#include "core/metrics/forward_transfer.hpp"
#include "running_example.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace transfer_metrics_test {

// Sums of a few fractions in double precision differ from the decimal result by some 1e-16.
constexpr double kTolerance = 1e-12;

TEST(BackwardTransfer, RunningExample) {
  EXPECT_NEAR(backward_transfer(running_example()).value(), -0.09, kTolerance);
}

TEST(Forgetting, RunningExample) {
  const auto matrix = running_example();
  EXPECT_NEAR(forgetting(matrix).value(), 0.11, kTolerance);
  EXPECT_NEAR(forgetting_first(matrix).value(), 0.09, kTolerance);
  EXPECT_NEAR(forgetting_max_all(matrix).value(), 0.12, kTolerance);
}

TEST(Forgetting, AfterAnIntermediateTask) {
  EXPECT_NEAR(forgetting(running_example().until(1)).value(), -0.04, kTolerance);
  EXPECT_NEAR(forgetting_max_all(running_example().until(1)).value(), 0.0, kTolerance);
}

TEST(Forgetting, RowsBeforeTheTaskWasLearnedCountOnlyInMaxAll) {
  AccuracyMatrix matrix({10, 10, 10});
  const double accuracy[3][3] = {{0.5, 0.9, 0.1}, {0.5, 0.6, 0.1}, {0.5, 0.4, 0.5}};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      matrix.set(row, column, accuracy[row][column]);
    }
  }
  EXPECT_NEAR(forgetting(matrix).value(), 0.1, kTolerance);           // (0 + 0.2) / 2
  EXPECT_NEAR(forgetting_max_all(matrix).value(), 0.25, kTolerance);  // (0 + 0.5) / 2
}

TEST(Forgetting, NoChangeIsPositiveZero) {
  AccuracyMatrix matrix({10, 10});
  matrix.set(0, 0, 0.5);
  matrix.set(1, 0, 0.5);
  matrix.set(1, 1, 0.5);
  EXPECT_FALSE(std::signbit(forgetting_first(matrix).value()));
}

TEST(ForwardTransfer, RunningExample) {
  EXPECT_NEAR(forward_transfer(running_example()).value(), 0.10, kTolerance);
}

TEST(ForwardTransfer, AfterAnIntermediateTask) {
  EXPECT_NEAR(forward_transfer(running_example().until(1)).value(), 0.08, kTolerance);
  EXPECT_NEAR(forward_transfer(running_example_without(2)).value(), 0.08, kTolerance);
}

TEST(ForwardTransfer, AbsentWithoutTheRowBeforeTraining) {
  EXPECT_FALSE(forward_transfer(repeated_task()).has_value());
}

TEST(ForwardTransfer, AbsentWithoutUnseenTasks) {
  AccuracyMatrix matrix({10, 10});
  matrix.set_initial(0, 0.1);
  matrix.set_initial(1, 0.1);
  matrix.set(0, 0, 0.5);
  matrix.set(1, 0, 0.5);
  matrix.set(1, 1, 0.5);
  EXPECT_FALSE(forward_transfer(matrix).has_value());
}

TEST(TransferMetrics, UndefinedForOneTask) {
  for (const auto& matrix : {single_task(), joint(), AccuracyMatrix({10, 10})}) {
    EXPECT_FALSE(backward_transfer(matrix).has_value());
    EXPECT_FALSE(forgetting(matrix).has_value());
    EXPECT_FALSE(forgetting_first(matrix).has_value());
    EXPECT_FALSE(forgetting_max_all(matrix).has_value());
    EXPECT_FALSE(forward_transfer(matrix).has_value());
  }
}

TEST(TransferMetrics, SkipAMissingRow) {
  const auto matrix = running_example_without(1);
  EXPECT_NEAR(backward_transfer(matrix).value(), -0.20, kTolerance);  // task 0 alone
  EXPECT_NEAR(forgetting(matrix).value(), 0.20, kTolerance);
  EXPECT_NEAR(forgetting_first(matrix).value(), 0.20, kTolerance);
  EXPECT_NEAR(forgetting_max_all(matrix).value(), 0.10, kTolerance);  // (0.20 + 0) / 2
  EXPECT_NEAR(forward_transfer(matrix).value(), 0.08, kTolerance);    // task 1 alone
}

TEST(TransferMetrics, RepeatedTask) {
  const auto matrix = repeated_task();
  EXPECT_NEAR(backward_transfer(matrix).value(), -0.2, kTolerance);  // (-0.2 - 0.2) / 2
  EXPECT_NEAR(forgetting(matrix).value(), 0.2, kTolerance);
  EXPECT_NEAR(forgetting_max_all(matrix).value(), 0.2, kTolerance);
}

}  // namespace transfer_metrics_test
}  // namespace clh::core
