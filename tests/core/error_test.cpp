#include "core/error.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace error_test {

TEST(Error, FormatsTwoLines) {
  const Error error("bad-option", "[model] buffer-size: expected an integer >= 1, found 0",
                    "set it to 500, the default", kExitUsage);
  EXPECT_EQ(format(error),
            "error[bad-option]: [model] buffer-size: expected an integer >= 1, found 0\n"
            "  fix: set it to 500, the default");
  EXPECT_EQ(error.slug(), "bad-option");
  EXPECT_EQ(error.exit_code(), 2);
}

TEST(Error, LeavesOutAnEmptyFix) {
  EXPECT_EQ(format(Error("state", "text", "", kExitBug)), "error[state]: text");
}

TEST(Error, CarriesWhatAPluginReported) {
  const PluginError error("org.clh.er 1.0.0", "er", "observe, task 2 step 31", 6, "no memory");
  EXPECT_EQ(format(error),
            "error[plugin-error]: org.clh.er 1.0.0 in observe, task 2 step 31: no memory\n"
            "  fix: report it to the plugin's author");
  EXPECT_EQ(error.plugin, "org.clh.er 1.0.0");
  EXPECT_EQ(error.component, "er");
  EXPECT_EQ(error.call, "observe, task 2 step 31");
  EXPECT_EQ(error.code, 6);
  EXPECT_EQ(error.text, "no memory");
  EXPECT_EQ(error.exit_code(), 3);
}

}  // namespace error_test
}  // namespace clh::core
