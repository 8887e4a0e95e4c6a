// Scenario: what a model is told about tasks, and how labels are numbered.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clh::core {

/// In the order of the ABI's CLH_CLASS_IL .. CLH_TASK_FREE, counted from 0 so that it can be an
/// option with choices.
enum class Scenario : std::int32_t {
  kClassIl,   // one growing label space, the task is unknown at test time
  kDomainIl,  // every task shares the labels, the task is unknown at test time
  kTaskIl,    // the task is given at test time
  kTaskFree,  // no task boundaries; labels as class-il in a class split, else as domain-il
};

inline constexpr std::array<std::string_view, 4> kScenarioNames = {"class-il", "domain-il",
                                                                   "task-il", "task-free"};

constexpr std::string_view name(Scenario scenario) {
  return kScenarioNames[static_cast<std::size_t>(scenario)];
}

}  // namespace clh::core
