#include "core/metrics/lower_triangle_accuracy.hpp"

#include "core/metrics/mean.hpp"

namespace clh::core {

std::optional<double> lower_triangle_accuracy(const AccuracyMatrix& matrix) {
  const auto last = matrix.final_row();
  if (!last) {
    return std::nullopt;
  }
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    for (auto row = matrix.first_row(column); row <= *last; ++row) {
      mean.add(matrix.at(row, column));
    }
  }
  return mean.value();
}

}  // namespace clh::core
