// InputShape: which of the probe's pictures a backbone takes.
#pragma once
#include <clh/shape.hpp>

#include <string>

#include "core/validate/trial_run.hpp"

namespace clh::core {

/// The first of grey, colour, flat and small for which a backbone can be created and computes
/// features. Errors: CheckFailed when there is none, with the backbone's last words.
std::string input_shape_of(Workshop& workshop, const ProvidedComponent& backbone,
                           const ConfigTable& options = {});

/// The shape of one sample, without the batch.
Shape probe_shape(const std::string& name);

}  // namespace clh::core
