// RunningClassMeans: the mean feature vector of each class, kept up to date sample by sample.
#pragma once
#include <clh/archive.hpp>
#include <clh/tensor.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// In float64, so that the order of the samples changes rounding alone.
class RunningClassMeans {
 public:
  /// What a batch added: x_i - mu_y as it was before sample i (mu = 0 before the first of a class),
  /// and how many samples of its class there were.
  struct Added {
    at::Tensor deviations;              // [B, F] float64
    std::vector<std::int64_t> before;  // [B]
  };

  bool empty() const { return counts_.empty(); }
  /// Samples of each output, 0 = none so far; outputs from its size on have none.
  const std::vector<std::int64_t>& counts() const { return counts_; }
  /// [counts().size(), F] float64.
  const at::Tensor& means() const { return means_; }

  /// Adds samples in their order. Inputs: features [B, F], labels [B] int64 >= 0.
  Added add(const at::Tensor& features, const at::Tensor& labels) {
    const auto x = features.detach().to(at::kCPU, at::kDouble).contiguous();
    const auto y = labels.to(at::kCPU).contiguous();
    Added added{at::empty_like(x), {}};
    if (x.size(0) == 0) {
      return added;
    }
    grow(y.max().item<std::int64_t>() + 1, x.size(1));
    const auto width = x.size(1);
    for (std::int64_t i = 0; i < x.size(0); ++i) {
      const auto label = y.data_ptr<std::int64_t>()[i];
      const auto* from = x.data_ptr<double>() + i * width;
      auto* deviation = added.deviations.data_ptr<double>() + i * width;
      auto* mean = means_.data_ptr<double>() + label * width;
      auto& count = counts_[static_cast<std::size_t>(label)];
      added.before.push_back(count++);
      for (std::int64_t j = 0; j < width; ++j) {
        deviation[j] = from[j] - mean[j];
        mean[j] += deviation[j] / static_cast<double>(count);
      }
    }
    return added;
  }

  /// Puts a mean [F] in the place of an output's, as that of one sample.
  void set(std::int64_t output, const at::Tensor& mean) {
    grow(output + 1, mean.size(0));
    means_[output].copy_(mean);
    counts_[static_cast<std::size_t>(output)] = 1;
  }

  /// Errors: StatusError with CLH_E_STATE unless there is a mean for each count.
  void state(Archive& archive) {
    archive("counts", counts_)("means", means_);
    const bool fits = counts_.empty() ||
                      (means_.defined() && means_.dim() == 2 &&
                       means_.size(0) == static_cast<std::int64_t>(counts_.size()) &&
                       means_.scalar_type() == at::kDouble && means_.is_contiguous());
    if (!fits) {
      throw StatusError(CLH_E_STATE, "means: expected float64 [" + std::to_string(counts_.size()) +
                                         ", F], found another tensor");
    }
  }

 private:
  void grow(std::int64_t outputs, std::int64_t width) {
    const auto known = static_cast<std::int64_t>(counts_.size());
    if (known > 0 && means_.size(1) != width) {
      throw StatusError(CLH_E_STATE, "means: expected " + std::to_string(means_.size(1)) +
                                         " features, found " + std::to_string(width));
    }
    if (outputs > known) {
      const auto more = at::zeros({outputs - known, width}, at::kDouble);
      means_ = known == 0 ? more : at::cat({means_, more});
      counts_.resize(static_cast<std::size_t>(outputs), 0);
    }
  }

  std::vector<std::int64_t> counts_;
  at::Tensor means_;
};

}  // namespace clh
