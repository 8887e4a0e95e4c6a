#include "core/metrics/average_incremental_accuracy.hpp"

#include "core/metrics/average_accuracy.hpp"
#include "core/metrics/mean.hpp"

namespace clh::core {

std::optional<double> average_incremental_accuracy(const AccuracyMatrix& matrix) {
  Mean mean;
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    mean.add(average_accuracy_after(matrix, row));
  }
  return mean.value();
}

}  // namespace clh::core
