#include "core/abi/capabilities.hpp"

#include <algorithm>

namespace clh::core {

std::vector<std::string> capabilities(const clh_component& component) {
  std::vector<std::string> caps;
  for (const char* const* cap = component.caps; cap != nullptr && *cap != nullptr; ++cap) {
    caps.emplace_back(*cap);
  }
  return caps;
}

bool declares(const clh_component& component, const std::string& capability) {
  const auto caps = capabilities(component);
  return std::find(caps.begin(), caps.end(), capability) != caps.end();
}

std::optional<ConditionalCapability> conditional_capability(const std::string& text) {
  const auto colon = text.find(':'), equals = text.find('=');
  if (equals == std::string::npos || colon >= equals) {
    return std::nullopt;
  }
  return ConditionalCapability{text.substr(0, colon), text.substr(colon + 1, equals - colon - 1),
                               text.substr(equals + 1)};
}

}  // namespace clh::core
