#include "core/abi/adopted_component.hpp"

#include <algorithm>
#include <cstring>

namespace clh::core {

clh_param param_at(const clh_component& component, std::uint32_t index) {
  const auto stride = component.params[0].struct_size;
  const auto* bytes = reinterpret_cast<const unsigned char*>(component.params) +
                      static_cast<std::size_t>(index) * stride;
  clh_param param{};
  std::memcpy(&param, bytes, std::min<std::size_t>(stride, sizeof param));
  return param;
}

AdoptedComponent::AdoptedComponent(const clh_component& given) : given_(&given) {
  std::memcpy(&component_, &given, sizeof component_);
  for (std::uint32_t i = 0; i < given.n_params; ++i) {
    params_.push_back(param_at(given, i));
    params_.back().struct_size = sizeof(clh_param);
  }
  component_.params = params_.data();
}

}  // namespace clh::core
