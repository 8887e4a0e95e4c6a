#include "core/abi/scenario.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace scenario_test {

TEST(Scenario, HasTheNumberOfTheAbi) {
  EXPECT_EQ(abi_number(Scenario::kClassIl), CLH_CLASS_IL);
  EXPECT_EQ(abi_number(Scenario::kDomainIl), CLH_DOMAIN_IL);
  EXPECT_EQ(abi_number(Scenario::kTaskIl), CLH_TASK_IL);
  EXPECT_EQ(abi_number(Scenario::kTaskFree), CLH_TASK_FREE);
}

TEST(Scenario, HasAName) {
  EXPECT_EQ(name(Scenario::kClassIl), "class-il");
  EXPECT_EQ(name(Scenario::kTaskFree), "task-free");
  EXPECT_EQ(all_scenarios(), "class-il, domain-il, task-il and task-free");
}

TEST(Scenario, IsACapabilityOfModels) {
  EXPECT_TRUE(is_scenario("domain-il"));
  EXPECT_FALSE(is_scenario("no-state"));
  const char* const caps[] = {"task-free", "no-state", "class-il", nullptr};
  clh_component model{};
  model.caps = caps;
  EXPECT_EQ(scenarios_of(model), (std::vector<Scenario>{Scenario::kClassIl, Scenario::kTaskFree}));
  model.caps = nullptr;
  EXPECT_TRUE(scenarios_of(model).empty());
}

}  // namespace scenario_test
}  // namespace clh::core
