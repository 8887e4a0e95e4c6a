// Slow double-precision definitions of what the LUT kernels compute, one sample and unit at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace clh::core::test {

inline int bit(std::size_t word, int j) {
  return static_cast<int>(word >> j & 1U);
}

inline int hamming(std::size_t word) {
  int count = 0;
  for (; word != 0; word &= word - 1) {
    ++count;
  }
  return count;
}

/// prod_j (x_j if a_j else 1 - x_j), the weight of entry a.
inline double corner_weight(std::size_t a, const std::vector<double>& x) {
  double product = 1;
  for (std::size_t j = 0; j < x.size(); ++j) {
    product *= bit(a, static_cast<int>(j)) != 0 ? x[j] : 1 - x[j];
  }
  return product;
}

/// The multilinear extension as the sum of 2^k explicit products.
inline double multilinear(const std::vector<double>& table, const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t a = 0; a < table.size(); ++a) {
    sum += table[a] * corner_weight(a, x);
  }
  return sum;
}

/// d f / d x_j: f is affine in x_j, so a difference over the whole unit interval is exact.
inline double multilinear_slope(const std::vector<double>& table, std::vector<double> x,
                                std::size_t j) {
  x[j] = 1;
  const double high = multilinear(table, x);
  x[j] = 0;
  return high - multilinear(table, x);
}

/// sum_m (2 m_pin - 1) w(H(a, m)) T[m], H over the pins other than `pin`.
inline double weighted_difference(const std::vector<double>& table, std::size_t a, int pin,
                                  const std::function<double(int)>& weight) {
  double sum = 0;
  for (std::size_t m = 0; m < table.size(); ++m) {
    const int distance = hamming((a ^ m) & ~(std::size_t{1} << pin));
    sum += (2 * bit(m, pin) - 1) * weight(distance) * table[m];
  }
  return sum;
}

/// Deterministic, irregular values in [0, 1): the fraction of multiples of the golden ratio.
inline std::vector<float> irregular(std::size_t count, double offset = 0) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(i + 1) * 0.6180339887498949 + offset;
    values[i] = static_cast<float>(x - static_cast<double>(static_cast<std::int64_t>(x)));
  }
  return values;
}

}  // namespace clh::core::test
