#include "core/metrics/accuracy_matrix.hpp"

#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace clh::core {
namespace {

double checked(double accuracy) {
  // Written so that NaN, for which every comparison is false, is refused too.
  if (!(accuracy >= 0.0 && accuracy <= 1.0)) {
    throw std::invalid_argument("accuracy matrix: expected a fraction in [0, 1], found " +
                                std::to_string(accuracy));
  }
  return accuracy;
}

std::vector<std::size_t> diagonal(std::size_t columns) {
  std::vector<std::size_t> first_row(columns);
  std::iota(first_row.begin(), first_row.end(), std::size_t{0});
  return first_row;
}

}  // namespace

AccuracyMatrix::AccuracyMatrix(std::size_t rows, std::vector<std::int64_t> test_samples,
                               std::vector<std::size_t> first_row, Learner learner)
    : rows_(rows),
      learner_(learner),
      test_samples_(std::move(test_samples)),
      first_row_(std::move(first_row)),
      initial_(test_samples_.size()),
      accuracy_(rows * test_samples_.size()) {
  if (rows_ == 0 || test_samples_.empty()) {
    throw std::invalid_argument("accuracy matrix: expected rows and columns >= 1, found " +
                                std::to_string(rows_) + " x " +
                                std::to_string(test_samples_.size()));
  }
  if (first_row_.size() != test_samples_.size()) {
    throw std::invalid_argument("accuracy matrix: expected " +
                                std::to_string(test_samples_.size()) + " first rows, found " +
                                std::to_string(first_row_.size()));
  }
  for (std::size_t column = 0; column < columns(); ++column) {
    if (test_samples_[column] < 1) {
      throw std::invalid_argument("accuracy matrix: expected at least one test sample for task " +
                                  std::to_string(column) + ", found " +
                                  std::to_string(test_samples_[column]));
    }
  }
}

AccuracyMatrix::AccuracyMatrix(const std::vector<std::int64_t>& test_samples)
    : AccuracyMatrix(test_samples.size(), test_samples, diagonal(test_samples.size())) {}

void AccuracyMatrix::set(std::size_t row, std::size_t column, double accuracy) {
  accuracy_[cell(row, column)] = checked(accuracy);
}

void AccuracyMatrix::set_initial(std::size_t column, double accuracy) {
  initial_.at(column) = checked(accuracy);
}

std::optional<double> AccuracyMatrix::at(std::size_t row, std::size_t column) const {
  return accuracy_[cell(row, column)];
}

bool AccuracyMatrix::complete(std::size_t row) const {
  bool any_seen = false;
  for (std::size_t column = 0; column < columns(); ++column) {
    if (!seen(row, column)) {
      continue;
    }
    if (!at(row, column)) {
      return false;
    }
    any_seen = true;
  }
  return any_seen;
}

std::optional<std::size_t> AccuracyMatrix::final_row() const {
  for (std::size_t row = rows_; row-- > 0;) {
    if (complete(row)) {
      return row;
    }
  }
  return std::nullopt;
}

AccuracyMatrix AccuracyMatrix::until(std::size_t row) const {
  const auto end = cell(row, 0) + columns();
  AccuracyMatrix part = *this;
  part.rows_ = row + 1;
  part.accuracy_.resize(end);
  return part;
}

std::size_t AccuracyMatrix::cell(std::size_t row, std::size_t column) const {
  if (row >= rows_ || column >= columns()) {
    throw std::out_of_range("accuracy matrix: expected a cell of " + std::to_string(rows_) + " x " +
                            std::to_string(columns()) + ", found (" + std::to_string(row) + ", " +
                            std::to_string(column) + ")");
  }
  return row * columns() + column;
}

}  // namespace clh::core
