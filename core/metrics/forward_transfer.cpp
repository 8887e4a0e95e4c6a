#include "core/metrics/forward_transfer.hpp"

#include "core/metrics/mean.hpp"

namespace clh::core {

std::optional<double> forward_transfer(const AccuracyMatrix& matrix) {
  const auto last = matrix.final_row();
  if (!last) {
    return std::nullopt;
  }
  Mean mean;
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    const auto learned = matrix.first_row(column);
    if (learned == 0 || learned > *last) {
      continue;
    }
    const auto before = matrix.at(learned - 1, column);
    const auto untrained = matrix.initial(column);
    if (before && untrained) {
      mean.add(*before - *untrained);
    }
  }
  return mean.value();
}

}  // namespace clh::core
