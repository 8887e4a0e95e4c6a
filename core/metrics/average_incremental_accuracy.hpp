#pragma once

#include <optional>

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Averages the average accuracy over all experiences. Definition `aia`: 1/T * sum_i A_i with A_i
/// by `aa.task-mean`.
/// Returns: a fraction; incomplete rows are skipped, absent if no row is complete.
/// Source:  Rebuffi et al., "iCaRL", arXiv:1611.07725, average incremental accuracy. Differs from
///          the paper: A_i is a mean over tasks, not over samples.
std::optional<double> average_incremental_accuracy(const AccuracyMatrix& matrix);

}  // namespace clh::core
