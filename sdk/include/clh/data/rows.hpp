// Rows: a borrowed, row-major matrix in host memory.
#pragma once
#include <cstdint>

namespace clh __attribute__((visibility("hidden"))) {

template <class T>
class Rows {
 public:
  Rows(T* data, std::int64_t rows, std::int64_t cols) : data_(data), rows_(rows), cols_(cols) {}
  std::int64_t rows() const { return rows_; }
  std::int64_t cols() const { return cols_; }
  T* row(std::int64_t r) const { return data_ + r * cols_; }
  T& operator()(std::int64_t r, std::int64_t c) const { return data_[r * cols_ + c]; }

 private:
  T* data_;
  std::int64_t rows_, cols_;
};

}  // namespace clh
