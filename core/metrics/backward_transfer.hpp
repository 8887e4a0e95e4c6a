#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages the change of each task's accuracy from directly after it was learned to the final
/// row. Definition `bwt.gem`: mean over j <= T-2 of R[T-1][j] - R[j][j].
/// Returns: a fraction in [-1, 1], negative when tasks were forgotten; the mean runs over the tasks
///          learned before the final row, tasks whose own row is missing are skipped, and it is
///          absent if none is left (one task, or all learned jointly).
/// Source:  Lopez-Paz and Ranzato, "Gradient Episodic Memory", arXiv:1706.08840, BWT.
std::optional<double> backward_transfer(const AccuracyMatrix& matrix);

}  // namespace clh::core
