#include "core/options/renamed_options.hpp"

#include <gtest/gtest.h>

namespace renamed_options_test {

using clh::core::renamed_option;

TEST(RenamedOptions, TellTodaysNameWhereThereIsOne) {
  EXPECT_EQ(renamed_option("wd", {"buffer-size", "weight-decay"}), "wd is called weight-decay now");
  EXPECT_EQ(renamed_option("c", {"share"}), "c is called share now");
  EXPECT_EQ(renamed_option("c", {"strength"}), "c is called strength now");
  EXPECT_NE(renamed_option("lambda", {"replay-weight"}).find("replay-weight=X"), std::string::npos);
  EXPECT_EQ(renamed_option("wd", {"buffer-size"}), "") << "a component that never had it";
  EXPECT_EQ(renamed_option("weight-decay", {"weight-decay"}), "");
}

}  // namespace renamed_options_test
