// VariationalAutoencoder: a generator of samples with values in [0, 1].
#pragma once
#include <clh/parameters/extra_parameters.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/randn.h>

#include <cstdint>
#include <string>
#include <utility>

namespace generative_replay {

/// Encoder input-H-H-(mean, log variance) and its mirror image, rectified, with a sigmoid behind.
/// Source: Kingma and Welling, "Auto-Encoding Variational Bayes", arXiv:1312.6114, eq. 10.
/// Letters: D values of a sample, H hidden units, L latent values.
class VariationalAutoencoder {
 public:
  struct Latent {
    at::Tensor mean, log_variance;  // [B, L]
  };

  VariationalAutoencoder() = default;
  VariationalAutoencoder(std::int64_t input, std::int64_t hidden, std::int64_t latent,
                         const at::Generator& random)
      : parameters_({{input, hidden},
                     {hidden, hidden},
                     {hidden, 2 * latent},
                     {latent, hidden},
                     {hidden, hidden},
                     {hidden, input}},
                    random) {}

  bool empty() const { return parameters_.empty(); }
  VariationalAutoencoder copy() const {
    VariationalAutoencoder other;
    other.parameters_ = parameters_.copy();
    return other;
  }
  const clh::ExtraParameters& parameters() const { return parameters_; }
  /// L.
  std::int64_t latent() const { return parameters_[3].weight.size(1); }

  Latent encode(const at::Tensor& x) const {
    const auto both = parameters_[2](parameters_[1](parameters_[0](x).relu()).relu());
    return {both.narrow(1, 0, latent()), both.narrow(1, latent(), latent())};
  }
  /// latent values [B, L] -> [B, D] before the sigmoid.
  at::Tensor decode(const at::Tensor& z) const {
    return parameters_[5](parameters_[4](parameters_[3](z).relu()).relu());
  }

  /// The negative evidence bound: the sum over values of the binary cross-entropy of x with what is
  /// decoded from mean + noise * deviation, plus the divergence of that distribution from N(0, 1);
  /// the mean over samples.
  /// Inputs: x [B, D] in [0, 1], noise [B, L] from N(0, 1).
  at::Tensor loss(const at::Tensor& x, const at::Tensor& noise) const {
    const auto q = encode(x);
    const auto variance = q.log_variance.exp();
    const auto z = q.mean + noise * variance.sqrt();
    const auto missed =
        at::binary_cross_entropy_with_logits(decode(z), x, {}, {}, at::Reduction::Sum);
    const auto divergence = (q.mean.square() + variance - 1 - q.log_variance).sum() / 2;
    return (missed + divergence) / x.size(0);
  }
  /// Draws samples: [count, D] in (0, 1), the means of the decoder at latent values from N(0, 1).
  at::Tensor sample(std::int64_t count, const at::Generator& random) const {
    const at::NoGradGuard no_grad;
    return decode(at::randn({count, latent()}, random)).sigmoid_();
  }

  void state(clh::Archive& archive) {
    archive("parameters", parameters_);
    if (archive.loading() && !empty() && parameters_.size() != 6) {
      throw clh::StatusError(CLH_E_STATE, "autoencoder: expected 6 layers, found " +
                                              std::to_string(parameters_.size()));
    }
  }

 private:
  clh::ExtraParameters parameters_;
};

}  // namespace generative_replay
