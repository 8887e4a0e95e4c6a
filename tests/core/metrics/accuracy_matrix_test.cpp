#include "core/metrics/accuracy_matrix.hpp"

#include <limits>
#include <stdexcept>

#include "running_example.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace accuracy_matrix_test {

TEST(AccuracyMatrix, StartsWithEveryCellAbsent) {
  const AccuracyMatrix matrix({100, 200});
  EXPECT_EQ(matrix.rows(), 2U);
  EXPECT_EQ(matrix.columns(), 2U);
  EXPECT_FALSE(matrix.at(1, 0).has_value());
  EXPECT_FALSE(matrix.initial(1).has_value());
  EXPECT_FALSE(matrix.final_row().has_value());
}

TEST(AccuracyMatrix, KeepsZeroApartFromAbsent) {
  AccuracyMatrix matrix({100, 200});
  matrix.set(1, 0, 0.0);
  EXPECT_EQ(matrix.at(1, 0), 0.0);
  EXPECT_FALSE(matrix.at(0, 1).has_value());
}

TEST(AccuracyMatrix, RefusesWhatIsNotAFraction) {
  AccuracyMatrix matrix({100});
  for (const double wrong : {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(), -0.01, 1.01, 79.0}) {
    EXPECT_THROW(matrix.set(0, 0, wrong), std::invalid_argument) << wrong;
    EXPECT_THROW(matrix.set_initial(0, wrong), std::invalid_argument) << wrong;
  }
  EXPECT_NO_THROW(matrix.set(0, 0, 1.0));
}

TEST(AccuracyMatrix, RefusesAnEmptyTestSet) {
  EXPECT_THROW(AccuracyMatrix({100, 0}), std::invalid_argument);
  EXPECT_THROW(AccuracyMatrix({100, -1}), std::invalid_argument);
}

TEST(AccuracyMatrix, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(AccuracyMatrix(0, {100}, {0}), std::invalid_argument);
  EXPECT_THROW(AccuracyMatrix(1, {}, {}), std::invalid_argument);
  EXPECT_THROW(AccuracyMatrix(2, {100, 200}, {0}), std::invalid_argument);
}

TEST(AccuracyMatrix, RefusesCellsThatDoNotExist) {
  AccuracyMatrix matrix(3, {10, 30}, {0, 1});
  EXPECT_THROW(matrix.set(0, 2, 0.5), std::out_of_range);
  EXPECT_THROW(matrix.set(3, 0, 0.5), std::out_of_range);
  EXPECT_THROW(matrix.at(0, 2), std::out_of_range);
  EXPECT_THROW(matrix.until(3), std::out_of_range);
}

TEST(AccuracyMatrix, SeesATaskFromTheRowThatLearnedItFirst) {
  const auto matrix = repeated_task();
  EXPECT_TRUE(matrix.seen(0, 0));
  EXPECT_FALSE(matrix.seen(0, 1));
  EXPECT_TRUE(matrix.seen(2, 1));
  EXPECT_TRUE(joint().seen(0, 1));
}

TEST(AccuracyMatrix, ARowIsCompleteWithItsSeenCells) {
  AccuracyMatrix matrix({10, 10, 10});
  matrix.set(0, 0, 0.5);
  EXPECT_TRUE(matrix.complete(0));
  matrix.set(1, 1, 0.5);
  EXPECT_FALSE(matrix.complete(1));
  EXPECT_EQ(matrix.final_row(), 0U);
  matrix.set(1, 0, 0.5);
  EXPECT_TRUE(matrix.complete(1));
  EXPECT_EQ(matrix.final_row(), 1U);
}

TEST(AccuracyMatrix, ARowThatHasSeenNothingIsNotComplete) {
  AccuracyMatrix matrix(2, {10}, {1});
  matrix.set(0, 0, 0.5);
  EXPECT_FALSE(matrix.complete(0));
}

TEST(AccuracyMatrix, UntilCutsTheLaterRows) {
  const auto part = running_example().until(1);
  EXPECT_EQ(part.rows(), 2U);
  EXPECT_EQ(part.columns(), 3U);
  EXPECT_EQ(part.at(1, 2), 0.16);
  EXPECT_EQ(part.initial(2), 0.04);
  EXPECT_EQ(part.final_row(), 1U);
  EXPECT_THROW(part.at(2, 0), std::out_of_range);
}

}  // namespace accuracy_matrix_test
}  // namespace clh::core
