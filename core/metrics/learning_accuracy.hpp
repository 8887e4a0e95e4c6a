#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages the accuracy of each task directly after it was first learned. Definition `la`:
/// 1/T * sum_j R[j][j].
/// Returns: a fraction; tasks whose row is missing are skipped, absent if none is left.
/// Source:  Riemer et al., "Learning to Learn without Forgetting by Maximizing Transfer and
///          Minimizing Interference", arXiv:1810.11910, learning accuracy.
std::optional<double> learning_accuracy(const AccuracyMatrix& matrix);

}  // namespace clh::core
