#include "core/metrics/average_accuracy.hpp"

#include "core/metrics/mean.hpp"

namespace clh::core {

std::optional<double> average_accuracy_after(const AccuracyMatrix& matrix, std::size_t row) {
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    const auto accuracy = matrix.at(row, column);
    if (!matrix.seen(row, column)) {
      continue;
    }
    if (!accuracy) {
      return std::nullopt;
    }
    mean.add(*accuracy);
  }
  return mean.value();
}

std::optional<double> average_accuracy(const AccuracyMatrix& matrix) {
  const auto row = matrix.final_row();
  return row ? average_accuracy_after(matrix, *row) : std::nullopt;
}

}  // namespace clh::core
