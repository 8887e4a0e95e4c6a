#include "core/abi/scenario.hpp"

#include <algorithm>

#include "core/abi/capabilities.hpp"

namespace clh::core {

bool is_scenario(std::string_view capability) {
  return std::find(kScenarioNames.begin(), kScenarioNames.end(), capability) !=
         kScenarioNames.end();
}

std::vector<Scenario> scenarios_of(const clh_component& model) {
  std::vector<Scenario> scenarios;
  for (std::size_t i = 0; i < kScenarioNames.size(); ++i) {
    if (declares(model, std::string(kScenarioNames[i]))) {
      scenarios.push_back(static_cast<Scenario>(i));
    }
  }
  return scenarios;
}

std::string all_scenarios() {
  std::string text;
  for (std::size_t i = 0; i < kScenarioNames.size(); ++i) {
    text += i == 0 ? "" : i + 1 < kScenarioNames.size() ? ", " : " and ";
    text += kScenarioNames[i];
  }
  return text;
}

}  // namespace clh::core
