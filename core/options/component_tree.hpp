// Component tree: a component, its checked options and the components that it is built from.
#pragma once
#include <clh/abi.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/options/option_table.hpp"

namespace clh::core {

/// How components are found by their names.
struct ComponentLookup {
  /// Finds an installed component, loading its plugin if need be.
  /// Errors:  core::Error, `unknown-component` for a name that nothing provides.
  /// Owner:   the plugin's table; it lives as long as the process.
  std::function<const clh_component&(clh_kind kind, const std::string& name)> find;
  /// The unambiguous name for messages, "org.clh.er/er"; when empty the component's own id is used.
  std::function<std::string(const clh_component& component)> full_id = {};
};

/// A component as the user configured it, ready to be created: everything that `factory` points to
/// lives exactly as long as this object, at one place.
struct ResolvedComponent {
  ResolvedComponent() = default;
  ResolvedComponent(const ResolvedComponent&) = delete;
  ResolvedComponent& operator=(const ResolvedComponent&) = delete;

  std::string name;  // as the user wrote it
  std::string path;  // "backbone.layer.node"
  ResolvedTable options;
  std::vector<std::unique_ptr<ResolvedComponent>> children;  // in the order of their options
  clh_factory factory{};

  /// `name` and all options, nested ones included, as they would be written.
  ConfigTable tree() const;
};

/// Resolves a component and, below it, every component that its options name.
/// Inputs:  path is where the table stands; `user` holds `name` and options; default_name is taken
///          without a `name`, empty: there is none.
/// Returns: never null.
/// Errors:  Error `bad-option` without a name, those of resolve_table() and of the lookup.
std::unique_ptr<ResolvedComponent> resolve_component(clh_kind kind, const std::string& path,
                                                     const ConfigTable& user,
                                                     const std::string& default_name,
                                                     const ComponentLookup& lookup,
                                                     const PathBase& paths,
                                                     std::vector<std::string>& warnings);

}  // namespace clh::core
