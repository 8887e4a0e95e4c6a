// Component checks: what one component does when the real host drives it.
#pragma once
#include <string>
#include <vector>

#include "core/plugins/plugin_note.hpp"
#include "core/validate/check.hpp"
#include "core/validate/workshop.hpp"

namespace clh::core {

/// behave.*, state.* and life.* of one component; the workshop is borrowed.
std::vector<Check> component_checks(Workshop& workshop, const ProvidedComponent& provided);

/// A check of a component as the groups list it.
struct ComponentCheck {
  const char *name, *promise;
  std::string (*run)(Workshop& workshop, const ProvidedComponent& provided);
};

/// Of every kind: options; isolation from seeds, neighbours and the process; saved state;
/// lifetime.
std::vector<ComponentCheck> option_checks();
std::vector<ComponentCheck> isolation_checks();
std::vector<ComponentCheck> state_checks();
std::vector<ComponentCheck> damage_checks();
std::vector<ComponentCheck> life_checks();
/// Of one kind.
std::vector<ComponentCheck> model_checks();
std::vector<ComponentCheck> backbone_checks();
std::vector<ComponentCheck> dataset_checks();
std::vector<ComponentCheck> encoder_checks();
std::vector<ComponentCheck> node_checks();
std::vector<ComponentCheck> layer_checks();

}  // namespace clh::core
