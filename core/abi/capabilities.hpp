// Capabilities: what a component declares of itself.
#pragma once
#include <clh/abi.h>

#include <optional>
#include <string>
#include <vector>

namespace clh::core {

/// All of them, in the component's order.
std::vector<std::string> capabilities(const clh_component& component);

bool declares(const clh_component& component, const std::string& capability);

/// A capability that holds with one value of an option alone: `trains-once:retrain=final`.
struct ConditionalCapability {
  std::string name, option, value;
};
/// Returns: nothing for a text of another form.
std::optional<ConditionalCapability> conditional_capability(const std::string& text);

}  // namespace clh::core
