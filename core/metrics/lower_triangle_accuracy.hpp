#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages every accuracy measured on a task that had been seen. Definition `acc.lower-tri`:
/// sum_{i>=j} R[i][j] / (T(T+1)/2).
/// Returns: a fraction; absent cells are skipped, absent if none is left.
/// Source:  Diaz-Rodriguez et al., "Don't forget, there is more than forgetting: new metrics for
///          Continual Learning", arXiv:1810.13166, accuracy A.
std::optional<double> lower_triangle_accuracy(const AccuracyMatrix& matrix);

}  // namespace clh::core
