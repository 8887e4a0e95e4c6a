// StateMidRun: what a component saves in the middle of a run.
#pragma once
#include <memory>

#include "core/validate/specimen.hpp"

namespace clh::core {

/// A specimen of the workshop's seed at small options.
std::unique_ptr<Specimen> fresh(Workshop& workshop, const ProvidedComponent& provided);

std::unique_ptr<StateRecord> saved(Specimen& specimen);

/// What is saved after half of its moves. Errors: CheckSkipped for a component with `no-state`.
std::unique_ptr<StateRecord> state_mid_run(Workshop& workshop, const ProvidedComponent& provided);

}  // namespace clh::core
