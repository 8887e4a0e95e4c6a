// Scenario: what a model is told about tasks, and how labels are numbered.
#pragma once
#include <clh/abi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clh::core {

/// In the order of the ABI's CLH_CLASS_IL .. CLH_TASK_FREE, counted from 0 so that it can be an
/// option with choices.
enum class Scenario : std::int32_t {
  kClassIl,   // one growing label space, the task is unknown at test time
  kDomainIl,  // every task shares the labels, the task is unknown at test time
  kTaskIl,    // the task is given at test time
  kTaskFree,  // no task boundaries; labels as class-il in a class split, else as domain-il
};

/// As options and capabilities have them; each a text that ends with a zero.
inline constexpr std::array<std::string_view, 4> kScenarioNames = {"class-il", "domain-il",
                                                                   "task-il", "task-free"};

constexpr std::string_view name(Scenario scenario) {
  return kScenarioNames[static_cast<std::size_t>(scenario)];
}

/// Its number in the ABI.
constexpr std::int32_t abi_number(Scenario scenario) {
  return CLH_CLASS_IL + static_cast<std::int32_t>(scenario);
}

/// Whether a capability says that a model can train in a scenario.
bool is_scenario(std::string_view capability);

/// Those that a model declares, in the enumeration's order; empty when it declares none.
std::vector<Scenario> scenarios_of(const clh_component& model);

/// "class-il, domain-il, task-il and task-free".
std::string all_scenarios();

}  // namespace clh::core
