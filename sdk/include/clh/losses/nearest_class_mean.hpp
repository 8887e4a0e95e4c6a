// NearestClassMean: a classifier that compares features with the mean features of each class.
#pragma once
#include <ATen/ops/full.h>
#include <ATen/TensorOperators.h>

#include <cstdint>
#include <limits>
#include <map>

namespace clh __attribute__((visibility("hidden"))) {

/// Scores -|u - mu_c|^2; with normalization u is the feature vector at length 1, and mu_c the mean
/// of such vectors, itself brought to length 1.
/// Source: Mensink et al. 2013, doi:10.1109/TPAMI.2013.83; Rebuffi et al. 2017, arXiv:1611.07725.
class NearestClassMean {
 public:
  explicit NearestClassMean(bool normalize = true) : normalize_(normalize) {}

  bool empty() const { return means_.empty(); }
  void clear() { means_.clear(); }

  /// What the classifier compares: rows [n, F], at length 1 with normalization.
  at::Tensor embed(const at::Tensor& features) const {
    return normalize_ ? unit(features.detach(), 1) : features.detach();
  }
  /// Sets an output's mean to that of its features [n, F]; without any it has no mean.
  void set(std::int64_t output, const at::Tensor& features) {
    if (features.size(0) == 0) {
      means_.erase(output);
      return;
    }
    const auto mean = embed(features).mean(0);
    means_[output] = normalize_ ? unit(mean, 0) : mean;
  }

  /// features [B, F] -> [B, outputs]; the lowest float for an output without a mean.
  at::Tensor scores(const at::Tensor& features, std::int64_t outputs) const {
    const auto u = embed(features);
    auto all = at::full({u.size(0), outputs}, std::numeric_limits<float>::lowest(), u.options());
    for (const auto& [output, mean] : means_) {
      all.select(1, output).copy_((u - mean).square().sum(1).neg());
    }
    return all;
  }

 private:
  /// A vector of zeros stays as it is.
  static at::Tensor unit(const at::Tensor& x, std::int64_t dim) {
    return x / x.norm(2, dim, true).clamp_min(1e-12);
  }

  bool normalize_;
  std::map<std::int64_t, at::Tensor> means_;  // [F] by output
};

}  // namespace clh
