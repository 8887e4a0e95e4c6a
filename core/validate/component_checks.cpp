#include "core/validate/component_checks.hpp"

#include "core/plugins/table_check.hpp"

namespace clh::core {
namespace {

std::vector<ComponentCheck> checks_of(clh_kind kind) {
  switch (kind) {
    case CLH_MODEL:
      return model_checks();
    case CLH_BACKBONE:
      return backbone_checks();
    case CLH_DATASET:
      return dataset_checks();
    case CLH_ENCODER:
      return encoder_checks();
    case CLH_NODE:
      return node_checks();
    case CLH_LAYER:
      return layer_checks();
    default:
      return {};
  }
}

}  // namespace

std::vector<Check> component_checks(Workshop& workshop, const ProvidedComponent& provided) {
  std::vector<Check> checks;
  for (const auto& group : {option_checks(), checks_of(kind_of(provided.kind)), isolation_checks(),
                            state_checks(), damage_checks(), life_checks()}) {
    for (const auto& check : group) {
      checks.push_back(
          {check.name, provided.kind + ":" + provided.name, check.promise, false,
           [&workshop, provided, run = check.run] { return run(workshop, provided); }});
    }
  }
  return checks;
}

}  // namespace clh::core
