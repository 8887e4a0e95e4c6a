#pragma once

#include "core/metrics/accuracy_matrix.hpp"

namespace clh::core {

/// Makes the matrix from which the expected values of these tests were computed by hand:
/// three tasks with 100, 200 and 100 test samples.
inline AccuracyMatrix running_example() {
  AccuracyMatrix matrix({100, 200, 100});
  const double initial[3] = {0.10, 0.12, 0.04};
  const double accuracy[3][3] = {{0.80, 0.20, 0.10}, {0.84, 0.90, 0.16}, {0.60, 0.92, 0.85}};
  for (std::size_t column = 0; column < 3; ++column) {
    matrix.set_initial(column, initial[column]);
    for (std::size_t row = 0; row < 3; ++row) {
      matrix.set(row, column, accuracy[row][column]);
    }
  }
  return matrix;
}

/// The running example with one whole row missing.
inline AccuracyMatrix running_example_without(std::size_t missing) {
  const auto full = running_example();
  AccuracyMatrix matrix({100, 200, 100});
  for (std::size_t column = 0; column < 3; ++column) {
    matrix.set_initial(column, full.initial(column).value());
    for (std::size_t row = 0; row < 3; ++row) {
      if (row != missing) {
        matrix.set(row, column, full.at(row, column).value());
      }
    }
  }
  return matrix;
}

/// A stream that learns task 0, task 1 and then task 0 again: three rows, two columns.
inline AccuracyMatrix repeated_task() {
  AccuracyMatrix matrix(3, {10, 30}, {0, 1});
  const double accuracy[3][2] = {{0.9, 0.1}, {0.5, 0.8}, {0.7, 0.6}};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 2; ++column) {
      matrix.set(row, column, accuracy[row][column]);
    }
  }
  return matrix;
}

/// One experience that learns two tasks together.
inline AccuracyMatrix joint() {
  AccuracyMatrix matrix(1, {10, 30}, {0, 0});
  matrix.set(0, 0, 0.9);
  matrix.set(0, 1, 0.5);
  return matrix;
}

/// A stream of one task.
inline AccuracyMatrix single_task() {
  AccuracyMatrix matrix({10});
  matrix.set_initial(0, 0.1);
  matrix.set(0, 0, 0.7);
  return matrix;
}

}  // namespace clh::core
