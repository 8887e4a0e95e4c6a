// HoldOut: the samples of each class, with a stratified part of the training set kept for
// validation.
#pragma once
#include <clh/options.hpp>

#include <cstdint>
#include <vector>

#include "core/stream/stream_plan.hpp"

namespace clh::core {

struct HoldOutOptions {
  double validation = 0;
  std::int64_t validation_seed = 0;
  void bind(clh::OptionBinder& option);
};

/// Sample indices of each original class, ascending.
struct SamplesByClass {
  std::vector<std::vector<std::int64_t>> train, valid, test;  // [n_classes]
};

/// Groups the samples by class and moves ceil(validation * n_c) training samples of each class c to
/// `valid`. The draw is stream `split` keyed by class, independent of the run's seed: every seed
/// of a sweep validates on the same samples.
/// Errors:  Error `bad-data` for a label outside [0, n_classes); `bad-option` if a class would have
///          no training sample left.
SamplesByClass hold_out(const HoldOutOptions& options, const DatasetLabels& labels);

/// The samples of some classes together, ascending.
std::vector<std::int64_t> merge(const std::vector<std::vector<std::int64_t>>& by_class,
                                const std::vector<std::int64_t>& classes);

}  // namespace clh::core
