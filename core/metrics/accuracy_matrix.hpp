#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/metrics/learner.hpp"

namespace clh::core {

/// Accuracies from which every metric is derived: cell (i, j) is the accuracy, a fraction in
/// [0, 1], on the test set of task j after experience i. Rows are experiences and columns are
/// distinct tasks, so the matrix is rectangular when tasks repeat or are learned jointly. A cell
/// that was not evaluated is absent, never 0.
class AccuracyMatrix final {
 public:
  /// Makes a matrix for `rows` experiences with every cell absent.
  /// Inputs:  rows >= 1; test_samples [columns] >= 1, the size of each test set; first_row
  ///          [columns], the row after which the column's task was first learned (0 everywhere in
  ///          a joint stream; a value >= rows means "not learned within these rows").
  /// Errors:  std::invalid_argument for no rows, no columns, an empty test set or unequal sizes.
  AccuracyMatrix(std::size_t rows, std::vector<std::int64_t> test_samples,
                 std::vector<std::size_t> first_row, Learner learner = {});

  /// Makes the square matrix of an ordinary stream: experience j is the one that learns task j.
  explicit AccuracyMatrix(const std::vector<std::int64_t>& test_samples);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return test_samples_.size(); }
  /// Whose accuracies they are.
  const Learner& learner() const { return learner_; }

  /// Records an accuracy.
  /// Errors:  std::invalid_argument if accuracy is NaN or outside [0, 1]; std::out_of_range.
  void set(std::size_t row, std::size_t column, double accuracy);
  /// Records the accuracy of the network before any training ("row -1"); errors as for set().
  void set_initial(std::size_t column, double accuracy);

  /// The functions below throw std::out_of_range for a row or column that does not exist.
  std::optional<double> at(std::size_t row, std::size_t column) const;
  std::optional<double> initial(std::size_t column) const { return initial_.at(column); }
  std::int64_t test_samples(std::size_t column) const { return test_samples_.at(column); }
  std::size_t first_row(std::size_t column) const { return first_row_.at(column); }

  /// Whether the column's task had been learned when the row was evaluated.
  bool seen(std::size_t row, std::size_t column) const { return first_row(column) <= row; }
  /// Whether the row has at least one seen column and every seen cell is present.
  bool complete(std::size_t row) const;
  /// The last complete row, which the final metrics are about; absent if there is none.
  std::optional<std::size_t> final_row() const;

  /// Copies rows 0..row, which is the matrix as it stood after experience `row`.
  AccuracyMatrix until(std::size_t row) const;

 private:
  std::size_t cell(std::size_t row, std::size_t column) const;

  std::size_t rows_;
  Learner learner_;
  std::vector<std::int64_t> test_samples_;       // [columns]
  std::vector<std::size_t> first_row_;           // [columns]
  std::vector<std::optional<double>> initial_;   // [columns]
  std::vector<std::optional<double>> accuracy_;  // [rows * columns], row by row
};

}  // namespace clh::core
