#include "core/abi/shape_check.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace shape_check_test {

std::string defect(const clh_shape& shape, std::int64_t least_rank = 1) {
  const auto found = shape_defect(shape, least_rank);
  return found ? found->text() : "";
}

TEST(PluginShape, ThatCanBe) {
  EXPECT_EQ(defect({3, {1, 28, 28}}), "");
  EXPECT_EQ(defect({7, {1, 1, 1, 1, 1, 1, 2}}), "");
  EXPECT_EQ(defect({0, {}}, 0), "");
  EXPECT_EQ(defect({1, {std::int64_t{1} << 31}}), "");
  EXPECT_EQ(defect({1, {2, -5, 0}}), "") << "what lies behind the rank does not count";
  EXPECT_EQ(value_count({3, {2, 3, 4}}), 24);
  EXPECT_EQ(value_count({0, {}}), 1);
}

TEST(PluginShape, OfARankThatCannotBe) {
  EXPECT_EQ(defect({0, {}}), "expected a rank of 1 to 7, found 0");
  EXPECT_EQ(defect({-1, {}}, 0), "expected a rank of 0 to 7, found -1");
  EXPECT_EQ(defect({8, {}}), "expected a rank of 1 to 7, found 8");
  EXPECT_EQ(defect({1000000000, {}}), "expected a rank of 1 to 7, found 1000000000");
}

TEST(PluginShape, OfDimensionsThatCannotBe) {
  EXPECT_EQ(defect({2, {4, 0}}), "expected dimensions of 1 or more, found [4, 0]");
  EXPECT_EQ(defect({1, {-4}}), "expected dimensions of 1 or more, found [-4]");
  EXPECT_EQ(defect({2, {std::int64_t{1} << 31, 2}}),
            "expected a shape of at most 2147483648 values, found [2147483648, 2]");
  EXPECT_EQ(defect({2, {INT64_MAX, INT64_MAX}}),
            "expected a shape of at most 2147483648 values, found [9223372036854775807, "
            "9223372036854775807]");
}

}  // namespace shape_check_test
}  // namespace clh::core
