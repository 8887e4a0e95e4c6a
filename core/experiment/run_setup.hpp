// Run setup: what a configuration may hold, and how a resolved one is read.
#pragma once
#include "core/metrics/learner.hpp"
#include "core/network/linear_head.hpp"
#include "core/network/optimizer.hpp"
#include "core/options/resolve_config.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/run/run_options.hpp"

namespace clh::core {

/// The host's tables and, for components, what the library can load.
/// Inputs: the library is borrowed by the result.
ConfigSchema config_schema(PluginLibrary& library);

OptimizerChoice read_optimizer(const ResolvedNamed& chosen);
HeadForm read_head_form(const ResolvedNamed& chosen);
StreamOptions read_stream(const ResolvedNamed& chosen);
/// What the model's capabilities say of its accuracies, with its options as they are configured:
/// `trains-once`, `never-trains`, `no-zero-shot`.
Learner read_learner(const ResolvedComponent& model);

/// Refuses a configuration that cannot work, before any data is read: a model outside its
/// scenarios, capabilities that contradict each other.
/// Errors: Error `unsupported` (exit 2), naming the overrides under which the model runs and the
///         installed models that would do without.
void check_capabilities(const ResolvedConfig& config, Scenario scenario,
                        const Catalogue& catalogue);

}  // namespace clh::core
