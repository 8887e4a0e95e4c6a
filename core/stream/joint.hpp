// Joint: the tasks of another stream, trained together in one experience: an upper bound.
#pragma once
#include "core/stream/class_split.hpp"
#include "core/stream/permuted.hpp"
#include "core/stream/rotated.hpp"

namespace clh::core {

enum class JointOf { kClassSplit, kPermuted, kRotated };

/// Takes the options of all three streams; those of the streams that `of` does not name have no
/// effect.
struct JointOptions {
  JointOf of = JointOf::kClassSplit;
  std::int64_t tasks = 20;  // in place of permuted.tasks and rotated.tasks
  ClassSplitOptions class_split;
  PermutedOptions permuted;
  RotatedOptions rotated;
  HoldOutOptions hold_out;  // in place of each stream's own

  void bind(clh::OptionBinder& option);
};

/// Plans the tasks of the stream `of`, transforms kept, as one experience.
/// Errors:  those of that stream.
StreamPlan build_joint(const JointOptions& options, Scenario scenario, const DatasetLabels& labels,
                       std::uint64_t run_seed);

}  // namespace clh::core
