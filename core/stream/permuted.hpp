// Permuted: every task shows the whole dataset with its pixels in another fixed order.
// Goodfellow et al., "An Empirical Investigation of Catastrophic Forgetting in Gradient-Based
// Neural Networks", arXiv:1312.6211.
#pragma once
#include <clh/options.hpp>

#include <cstdint>

#include "core/abi/scenario.hpp"
#include "core/stream/hold_out.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

struct PermutedOptions {
  std::int64_t tasks = 20;
  bool identity_first = false;  // task 0 keeps its pixels in place
  std::int64_t pad = 0;         // zero pixels added on each side before permuting
  HoldOutOptions hold_out;

  void bind(clh::OptionBinder& option);
  /// The options without `tasks` and those of the hold-out, for a stream that has its own.
  void bind_permutation(clh::OptionBinder& option);
};

/// Plans one permutation of all positions per task, the same in each channel and split; task t's
/// depends on the seed and t alone. With `pad` the sample shape grows.
/// Errors:  Error `unsupported` for samples without pixels.
StreamPlan build_permuted(const PermutedOptions& options, Scenario scenario,
                          const DatasetLabels& labels, std::uint64_t run_seed);

}  // namespace clh::core
