#pragma once

#include <cstddef>
#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages the accuracies of the tasks seen so far after one experience, every task counting the
/// same. Definition `aa.task-mean`: A_i = 1/(i+1) * sum_{j<=i} R[i][j].
/// Returns: a fraction; absent unless every seen task was evaluated in this row, because a mean
///          over some of them would be another quantity.
/// Errors:  std::out_of_range if row >= matrix.rows().
/// Source:  Chaudhry et al., "Riemannian Walk", arXiv:1801.10112, average accuracy A_k.
std::optional<double> average_accuracy_after(const AccuracyMatrix& matrix, std::size_t row);

/// Averages the accuracies of the tasks seen after the final row, the headline number.
/// Definition `aa.task-mean`.
/// Source:  Lopez-Paz and Ranzato, "Gradient Episodic Memory", arXiv:1706.08840, ACC.
std::optional<double> average_accuracy(const AccuracyMatrix& matrix);

}  // namespace clh::core
