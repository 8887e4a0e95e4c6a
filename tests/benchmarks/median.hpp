// Median of a benchmark's measurements.
#pragma once
#include <algorithm>
#include <vector>

namespace clh::bench {

/// Inputs: at least one value.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

}  // namespace clh::bench
