// Capabilities: what a component declares of itself.
#pragma once
#include <clh/abi.h>

#include <string>
#include <vector>

namespace clh::core {

/// All of them, in the component's order.
std::vector<std::string> capabilities(const clh_component& component);

bool declares(const clh_component& component, const std::string& capability);

}  // namespace clh::core
