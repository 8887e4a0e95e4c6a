#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages the accuracies of the tasks seen after the final row, every test sample counting the
/// same. Definition `aa.sample-mean`: sum_{j<=i} n_j R[i][j] / sum_{j<=i} n_j.
/// Returns: a fraction; absent if no row is complete.
/// Source:  Lomonaco et al., "Avalanche", arXiv:2104.00405, stream accuracy.
std::optional<double> sample_mean_accuracy(const AccuracyMatrix& matrix);

}  // namespace clh::core
