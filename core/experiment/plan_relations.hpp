// Plan relations: what a component's options must have to do with the finished plan, which the
// component itself is not told.
#pragma once
#include <clh/abi.h>

#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// Checks every option that is declared to be at least a number of the plan, those of component
/// options too.
/// Errors: Error `bad-option`, exit code 2, naming option, bound and a value that would do.
void require_plan_relations(const clh_factory& factory, const StreamPlan& plan);

}  // namespace clh::core
