#include "core/metrics/backward_transfer.hpp"

#include "core/metrics/mean.hpp"

namespace clh::core {

std::optional<double> backward_transfer(const AccuracyMatrix& matrix) {
  const auto last = matrix.final_row();
  if (!last) {
    return std::nullopt;
  }
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    const auto learned = matrix.first_row(column);
    if (learned >= *last) {
      continue;
    }
    if (const auto then = matrix.at(learned, column)) {
      mean.add(matrix.at(*last, column).value() - *then);
    }
  }
  return mean.value();
}

}  // namespace clh::core
