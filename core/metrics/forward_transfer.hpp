#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages how much better a task was solved just before it was learned than by the network before
/// any training. Definition `fwt.random-init`: mean over j >= 1 of R[j-1][j] - r[j], where r is the
/// row before training of the same network.
/// Returns: a fraction in [-1, 1]; the mean runs over the seen tasks not learned in the first row,
///          tasks without either accuracy are skipped, absent if none is left.
/// Source:  Lopez-Paz and Ranzato, "Gradient Episodic Memory", arXiv:1706.08840, FWT.
std::optional<double> forward_transfer(const AccuracyMatrix& matrix);

}  // namespace clh::core
