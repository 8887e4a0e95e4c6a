#include "core/metrics/forgetting.hpp"

#include "core/metrics/backward_transfer.hpp"
#include "core/metrics/mean.hpp"

namespace clh::core {
namespace {

// The largest present accuracy of a column in the rows [begin, end).
std::optional<double> best(const AccuracyMatrix& matrix, std::size_t column, std::size_t begin,
                           std::size_t end) {
  std::optional<double> largest;
  for (auto row = begin; row < end; ++row) {
    const auto accuracy = matrix.at(row, column);
    if (accuracy && (!largest || *accuracy > *largest)) {
      largest = accuracy;
    }
  }
  return largest;
}

}  // namespace

std::optional<double> forgetting(const AccuracyMatrix& matrix) {
  const auto last = matrix.final_row();
  if (!last) {
    return std::nullopt;
  }
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    if (const auto peak = best(matrix, column, matrix.first_row(column), *last)) {
      mean.add(*peak - matrix.at(*last, column).value());
    }
  }
  return mean.value();
}

std::optional<double> forgetting_first(const AccuracyMatrix& matrix) {
  const auto transfer = backward_transfer(matrix);
  // Subtracted from zero, so that no change is 0 and not -0.
  return transfer ? std::optional<double>(0.0 - *transfer) : std::nullopt;
}

std::optional<double> forgetting_max_all(const AccuracyMatrix& matrix) {
  const auto last = matrix.final_row();
  if (!last) {
    return std::nullopt;
  }
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    if (matrix.first_row(column) < *last) {
      mean.add(best(matrix, column, 0, *last + 1).value() - matrix.at(*last, column).value());
    }
  }
  return mean.value();
}

}  // namespace clh::core
