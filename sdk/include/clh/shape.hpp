// Shape: the sizes of one sample, without the batch dimension.
#pragma once
#include <clh/abi.h>
#include <clh/error.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}
  explicit Shape(const clh_shape& c) : dims_(c.dim, c.dim + c.rank) {}

  std::int64_t rank() const { return static_cast<std::int64_t>(dims_.size()); }
  std::int64_t operator[](std::int64_t i) const { return dims_[static_cast<std::size_t>(i)]; }
  const std::vector<std::int64_t>& dims() const { return dims_; }

  /// Elements of one sample; 1 for a scalar.
  std::int64_t numel() const {
    return std::accumulate(dims_.begin(), dims_.end(), std::int64_t{1}, std::multiplies<>());
  }

  /// This shape with one more dimension at the end.
  Shape with(std::int64_t last) const {
    auto longer = *this;
    longer.dims_.push_back(last);
    return longer;
  }

  /// The C form. Errors: UsageError above rank 7.
  clh_shape c_shape() const {
    if (rank() > 7) {
      throw UsageError("[shape] expected at most 7 dimensions, found " + std::to_string(rank()));
    }
    clh_shape c{};
    c.rank = rank();
    for (std::int64_t i = 0; i < c.rank; ++i) {
      c.dim[i] = (*this)[i];
    }
    return c;
  }

  bool operator==(const Shape& other) const { return dims_ == other.dims_; }
  bool operator!=(const Shape& other) const { return !(*this == other); }

 private:
  std::vector<std::int64_t> dims_;
};

}  // namespace clh
