#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

// Three definitions of one word. Each is a mean over the tasks learned before the final row (j <=
// T-2) of an earlier accuracy minus the final one: a fraction in [-1, 1], positive when tasks were
// forgotten. Tasks whose earlier rows are all missing are skipped; the result is absent if none is
// left (one task, or all learned jointly).

/// Measures the fall from the best accuracy between learning the task and the row before the final
/// one. Definition `fgt.max-prev`: max_{j<=i<=T-2} R[i][j] - R[T-1][j]; negative when the final row
/// is the best.
/// Source:  Chaudhry et al., "Riemannian Walk", arXiv:1801.10112, forgetting measure F_k. Differs
///          from the paper: rows before the task was learned are left out of the maximum.
std::optional<double> forgetting(const AccuracyMatrix& matrix);

/// Measures the fall from the accuracy directly after the task was learned. Definition `fgt.first`:
/// R[j][j] - R[T-1][j], the negative of backward transfer.
/// Source:  Lomonaco et al., "Avalanche", arXiv:2104.00405, forgetting.
std::optional<double> forgetting_first(const AccuracyMatrix& matrix);

/// Measures the fall from the best accuracy in any row, the final one and those before the task was
/// learned included. Definition `fgt.max-all`: max_{i<=T-1} R[i][j] - R[T-1][j], never negative.
/// Source:  Buzzega et al., "Dark Experience for General Continual Learning", arXiv:2004.07211, as
///          computed by the authors' code (mammoth), but absent cells are skipped, not zero.
std::optional<double> forgetting_max_all(const AccuracyMatrix& matrix);

}  // namespace clh::core
