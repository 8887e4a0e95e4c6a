#include "core/metrics/learning_accuracy.hpp"

#include "core/metrics/mean.hpp"

namespace clh::core {

std::optional<double> learning_accuracy(const AccuracyMatrix& matrix) {
  const auto last = matrix.final_row();
  if (!last) {
    return std::nullopt;
  }
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    const auto learned = matrix.first_row(column);
    if (learned <= *last) {
      mean.add(matrix.at(learned, column));
    }
  }
  return mean.value();
}

}  // namespace clh::core
