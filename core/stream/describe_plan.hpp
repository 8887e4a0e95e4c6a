// DescribePlan: a stream as text, for a run that only shows what it would do.
#pragma once
#include <string>

#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// Describes a plan: a heading, one aligned row per task (classes, outputs, sizes, transform, first
/// training samples, start of its hash) and the plan's hash.
std::string describe_plan(const StreamPlan& plan, const DatasetLabels& labels);

}  // namespace clh::core
