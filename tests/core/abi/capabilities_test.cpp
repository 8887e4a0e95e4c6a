#include "core/abi/capabilities.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace capabilities_test {

TEST(Capabilities, AreTheListUpToItsEnd) {
  const char* caps[] = {"class-il", "needs:task-count", nullptr};
  clh_component component{};
  EXPECT_TRUE(capabilities(component).empty());
  component.caps = caps;
  EXPECT_EQ(capabilities(component), (std::vector<std::string>{"class-il", "needs:task-count"}));
  EXPECT_TRUE(declares(component, "needs:task-count"));
  EXPECT_FALSE(declares(component, "needs"));
}

TEST(Capabilities, ConditionIsAnOptionAndItsValue) {
  const auto found = conditional_capability("trains-once:retrain=final");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "trains-once");
  EXPECT_EQ(found->option, "retrain");
  EXPECT_EQ(found->value, "final");
  for (const char* text : {"class-il", "needs:task-count", "trains-once=final", "a=b:c", ""}) {
    EXPECT_FALSE(conditional_capability(text).has_value()) << text;
  }
}

}  // namespace capabilities_test
}  // namespace clh::core
