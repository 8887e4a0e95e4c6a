#include "core/metrics/sample_mean_accuracy.hpp"

namespace clh::core {

std::optional<double> sample_mean_accuracy(const AccuracyMatrix& matrix) {
  const auto row = matrix.final_row();
  if (!row) {
    return std::nullopt;
  }
  double correct = 0.0;
  double samples = 0.0;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    if (!matrix.seen(*row, column)) {
      continue;
    }
    const auto count = static_cast<double>(matrix.test_samples(column));
    correct += count * matrix.at(*row, column).value();
    samples += count;
  }
  return correct / samples;
}

}  // namespace clh::core
