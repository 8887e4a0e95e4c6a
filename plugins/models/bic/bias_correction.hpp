// BiasCorrection: a scale and an offset for the outputs of the newest classes, fitted to samples of
// old and new classes in equal numbers.
#pragma once
#include <clh/archive.hpp>
#include <clh/tensor.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

struct BiasCorrection {
  /// Gradient descent with momentum 0.9; the rate falls by 10 after each quarter.
  struct Descent {
    double rate;
    std::int64_t steps;
    double decay;  // of the offset: decay * beta^2 / 2 joins the loss
  };

  std::vector<std::int64_t> outputs;  // that are corrected; none = the identity
  double alpha = 1, beta = 0;

  /// z [n, C] -> alpha z + beta in the columns of `outputs`, z in the others.
  at::Tensor apply(const at::Tensor& z) const {
    if (outputs.empty()) {
      return z;
    }
    const auto columns = at::tensor(outputs, at::kLong);
    return z.index_copy(1, columns, z.index_select(1, columns) * alpha + beta);
  }

  /// Finds alpha and beta that lower the mean cross-entropy over the columns `active`, from the
  /// identity on; the lowest loss met on the way counts.
  /// Inputs: z [n, C] uncorrected outputs, labels [n], n >= 1; active includes all of `outputs`.
  void fit(const at::Tensor& z, const at::Tensor& labels, const std::vector<std::int64_t>& active,
           const Descent& descent) {
    const auto columns = at::tensor(active, at::kLong);
    const auto scores = z.to(at::kDouble).index_select(1, columns);
    const auto right =
        at::one_hot(labels, z.size(1)).index_select(1, columns).to(at::kDouble);  // [n, active]
    const auto is_new = at::zeros({z.size(1)}, at::kDouble)
                            .index_fill_(0, at::tensor(outputs, at::kLong), 1.0)
                            .index_select(0, columns);
    const auto n = static_cast<double>(z.size(0));
    double a = 1, b = 0, speed_a = 0, speed_b = 0;
    double lowest = std::numeric_limits<double>::infinity();
    for (std::int64_t step = 0; step <= descent.steps; ++step) {
      const auto corrected = scores + (scores * (a - 1) + b) * is_new;
      const auto logarithm = corrected.log_softmax(1);
      const double loss = -(logarithm * right).sum().item<double>() / n + descent.decay * b * b / 2;
      if (loss < lowest) {
        lowest = loss;
        alpha = a;
        beta = b;
      }
      const auto slope = (logarithm.exp() - right) * is_new / n;  // of the corrected outputs
      speed_a = 0.9 * speed_a + (slope * scores).sum().item<double>();
      speed_b = 0.9 * speed_b + slope.sum().item<double>() + descent.decay * b;
      const auto quarter = static_cast<double>(step * 4 / std::max<std::int64_t>(descent.steps, 1));
      const double rate = descent.rate * std::pow(0.1, quarter);
      a -= rate * speed_a;
      b -= rate * speed_b;
    }
  }

  void state(clh::Archive& archive) { archive("outputs", outputs)("alpha", alpha)("beta", beta); }
};

}  // namespace
