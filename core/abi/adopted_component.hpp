// AdoptedComponent: a plugin's component as this host reads it, whatever minor it is of.
#pragma once
#include <clh/abi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clh::core {

/// Bytes of an option in ABI 0.1, the shortest that there are.
inline constexpr std::uint32_t kFirstParamSize = offsetof(clh_param, at_least_of);

/// An option of a plugin's list, whose entries are as long as the plugin says: what they do not
/// reach, an older minor's, is 0; what they have beyond, a newer minor's, is left out.
/// Inputs: index < component.n_params, of a list of at least kFirstParamSize each.
clh_param param_at(const clh_component& component, std::uint32_t index);

/// A copy whose options have the size that this header gives them.
/// Owner: texts, functions and choices stay the plugin's, which live as long as the process.
class AdoptedComponent {
 public:
  explicit AdoptedComponent(const clh_component& given);
  AdoptedComponent(const AdoptedComponent&) = delete;
  AdoptedComponent& operator=(const AdoptedComponent&) = delete;

  const clh_component& get() const { return component_; }
  /// The plugin's own.
  const clh_component& given() const { return *given_; }

 private:
  const clh_component* given_;
  std::vector<clh_param> params_;
  clh_component component_;
};

}  // namespace clh::core
