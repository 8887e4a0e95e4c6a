#pragma once

#include <cstdint>
#include <optional>

namespace clh::core {

/// Averages the terms of a metric that could be computed; absent if there was none.
class Mean final {
 public:
  void add(double term) {
    sum_ += term;
    ++count_;
  }
  /// Ignores an absent term: a missing row is skipped, not counted as zero.
  void add(const std::optional<double>& term) {
    if (term) {
      add(*term);
    }
  }
  std::optional<double> value() const {
    return count_ == 0 ? std::nullopt : std::optional<double>(sum_ / static_cast<double>(count_));
  }

 private:
  double sum_ = 0.0;
  std::int64_t count_ = 0;
};

}  // namespace clh::core
