// QuadraticPenalty: holds the parameters near the values that served earlier tasks.
#pragma once
#include <clh/network.hpp>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>

#include <cstdint>
#include <limits>
#include <string>

namespace clh __attribute__((visibility("hidden"))) {

/// strength/2 * sum_i k_i (theta_i - anchor_i)^2 over the flat parameters. Its gradient is added to
/// the flat one in one pass, without an autograd graph. Parameters that grew after the last anchor
/// are free. Source: Kirkpatrick et al. 2017, arXiv:1612.00796, eq. 3; one term of the same shape
/// serves Zenke et al. 2017, arXiv:1703.04200, eq. 4 (with strength 2c), and the methods after it.
class QuadraticPenalty {
 public:
  /// kRate: strength * k never passes 1 / learning rate, so that a plain step does not overshoot the
  /// anchor, however large the strength. kNone: as k says; plain SGD diverges from 2 / rate on.
  enum class Bound { kRate, kNone };

  /// Inputs: strength >= 0.
  explicit QuadraticPenalty(double strength, Bound bound = Bound::kRate)
      : strength_(strength), bound_(bound) {}

  bool empty() const { return !importance_.defined(); }
  /// k [P at the last anchor]; undefined if empty().
  const at::Tensor& importance() const { return importance_; }
  const at::Tensor& anchor() const { return anchor_; }
  /// k for `count` parameters, zero for those that grew; all zero if empty().
  at::Tensor importance_of(std::int64_t count) const {
    return empty() ? at::zeros({count}) : pad(importance_, count);
  }
  /// Learning rate * strength * max k: a plain step overshoots above 1 and diverges from 2 on.
  double stability_factor(double rate) const {
    return empty() ? 0.0 : rate * strength_ * importance_.max().item<double>();
  }

  /// Replaces all terms by these. Inputs: importance, values [P]. Owner: values are copied.
  void replace(const at::Tensor& importance, const at::Tensor& values) {
    importance_ = importance;
    anchor_ = values.clone();
    constant_ = 0;
    scaled_ = at::Tensor();
  }

  /// Adds terms to those there are. The sum is kept: one term for each parameter, at the
  /// weighted mean of the anchors, and a constant. Inputs: importance >= 0, values [P].
  void add(const at::Tensor& importance, const at::Tensor& values) {
    if (empty()) {
      replace(importance, values);
      return;
    }
    // a(x-p)^2 + b(x-q)^2 = (a+b)(x - p - s(q-p))^2 + a s (q-p)^2 with s = b/(a+b).
    const auto old = pad(importance_, values.size(0)), from = pad(anchor_, values.size(0));
    importance_ = old + importance;
    const auto share = importance / importance_.clamp_min(std::numeric_limits<float>::min());
    const auto apart = values - from;
    constant_ += (old * share * apart.square()).sum().item<double>();
    anchor_ = from + share * apart;
    scaled_ = at::Tensor();
  }

  /// Adds the penalty's gradient to net.grads().
  /// Inputs:  the learning rate, for Bound::kRate.
  /// Errors:  StatusError with CLH_E_STATE if there are more terms than parameters.
  /// Returns: the penalty; 0 if empty().
  double add_gradient(const Network& net, double rate) {
    if (empty()) {
      return 0;
    }
    if (!scaled_.defined() || rate != rate_) {
      scaled_ = importance_ * strength_;
      if (bound_ == Bound::kRate) {
        scaled_.clamp_max_(1 / rate);
      }
      rate_ = rate;
    }
    const auto values = net.values(), grads = net.grads();
    if (anchor_.numel() > values.numel()) {
      throw StatusError(CLH_E_STATE, "penalty: expected at most " + std::to_string(values.numel()) +
                                         ", found " + std::to_string(anchor_.numel()));
    }
    const auto energy =
        add_pull(grads.data_ptr<float>(), values.data_ptr<float>(), anchor_.data_ptr<float>(),
                   scaled_.data_ptr<float>(), anchor_.numel());
    return (energy + strength_ * constant_) / 2;
  }

  /// Errors: StatusError with CLH_E_STATE unless each term has its anchor.
  void state(Archive& archive) {
    archive("importance", importance_)("anchor", anchor_)("constant", constant_);
    scaled_ = at::Tensor();
    const bool fit = is_flat(importance_) && is_flat(anchor_)
                         ? importance_.numel() == anchor_.numel()
                         : !importance_.defined() && !anchor_.defined();
    if (!fit) {
      throw StatusError(CLH_E_STATE, "penalty: expected one anchor each, found others");
    }
  }

 private:
  static bool is_flat(const at::Tensor& t) {
    return t.defined() && t.dim() == 1 && t.scalar_type() == at::kFloat && t.is_contiguous();
  }
  static at::Tensor pad(const at::Tensor& vector, std::int64_t count) {
    return at::constant_pad_nd(vector, {0, count - vector.size(0)});
  }
  /// gradient += k * drift, in one pass over memory where tensor operations need four.
  /// Returns: sum of k * drift^2, from 16 running sums that vector instructions can keep, so that
  /// every compiler gives the same bits.
  static double add_pull(float* gradient, const float* values, const float* anchor,
                           const float* k, std::int64_t count) {
    constexpr std::int64_t kLanes = 16;
    float energy[kLanes] = {};
    const auto whole = count - count % kLanes;
    for (std::int64_t i = 0; i < whole; i += kLanes) {
      float force[kLanes];
      for (std::int64_t j = 0; j < kLanes; ++j) {
        const float drift = values[i + j] - anchor[i + j];
        force[j] = k[i + j] * drift;
        energy[j] += force[j] * drift;
      }
      for (std::int64_t j = 0; j < kLanes; ++j) {
        gradient[i + j] += force[j];
      }
    }
    double sum = 0;
    for (const float part : energy) {
      sum += part;
    }
    for (auto i = whole; i < count; ++i) {
      const float drift = values[i] - anchor[i];
      gradient[i] += k[i] * drift;
      sum += k[i] * drift * drift;
    }
    return sum;
  }

  double strength_;
  Bound bound_;
  at::Tensor importance_, anchor_;  // [P at the last anchor]
  double constant_ = 0;            // of the sum of terms with different anchors
  at::Tensor scaled_;              // strength * k, bounded; made anew when k or the rate changes
  double rate_ = 0;
};

}  // namespace clh
