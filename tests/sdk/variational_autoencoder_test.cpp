// VariationalAutoencoder, its parameters and Adam: the bound by hand, gradients by differences.
#include "plugins/models/generative_replay/variational_autoencoder.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <vector>

#include "core/state/state_record.hpp"
#include "plugins/models/generative_replay/adam.hpp"
#include <gtest/gtest.h>

namespace variational_autoencoder_test {

generative_replay::VariationalAutoencoder made(std::uint64_t seed = 1) {
  return {5, 4, 2, at::detail::createCPUGenerator(seed)};
}

/// Weights 0, so that biases alone decide: mean, log variance and output for every sample.
void set_biases(const generative_replay::VariationalAutoencoder& vae,
                const std::vector<float>& latent, const std::vector<float>& output) {
  const at::NoGradGuard no_grad;
  at::Tensor(vae.parameters().values()).zero_();
  at::Tensor(vae.parameters()[2].bias).copy_(at::tensor(latent));
  at::Tensor(vae.parameters()[5].bias).copy_(at::tensor(output));
}

TEST(VariationalAutoencoder, BoundByHand) {
  const auto vae = made();
  // Outputs 0.5 0.5 0.9 0.5 0.5; q = N(1, 1) and N(-2, 4).
  const auto logit = static_cast<float>(std::log(9.0));
  set_biases(vae, {1, -2, 0, static_cast<float>(std::log(4.0))}, {0, 0, logit, 0, 0});
  const auto x = at::tensor({1.0F, 0.0F, 1.0F, 0.25F, 0.5F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F});
  const double divergence = 0.5 * 1 + 0.5 * (4 + 4 - 1 - std::log(4.0));
  const double first = 4 * std::log(2.0) - std::log(0.9),
               second = 4 * std::log(2.0) - std::log(0.1);
  const auto loss = vae.loss(x.view({2, 5}), at::zeros({2, 2})).item<double>();
  EXPECT_NEAR(loss, (first + second) / 2 + divergence, 1e-5);
}

// The divergence in closed form is the integral of q (log q - log p).
TEST(VariationalAutoencoder, DivergenceIsTheIntegral) {
  const auto vae = made();
  const double mean = 0.7, deviation = 0.5;
  const auto log_variance = static_cast<float>(2 * std::log(deviation));
  set_biases(vae, {0.7F, 0, log_variance, 0}, {0, 0, 0, 0, 0});
  double integral = 0;
  constexpr double kStep = 1e-3;
  for (double z = -8; z < 8; z += kStep) {
    const double scaled = (z - mean) / deviation;
    const double log_q = -0.5 * scaled * scaled - std::log(deviation), log_p = -0.5 * z * z;
    integral += std::exp(log_q) / std::sqrt(2 * M_PI) * (log_q - log_p) * kStep;
  }
  const auto loss = vae.loss(at::full({1, 5}, 0.5), at::zeros({1, 2})).item<double>();
  EXPECT_NEAR(loss - 5 * std::log(2.0), integral, 1e-5);
}

TEST(VariationalAutoencoder, DecodesMeanPlusNoiseTimesDeviation) {
  const auto vae = made(2);
  const auto x = at::rand({3, 5}, at::detail::createCPUGenerator(3));
  const auto noise = at::randn({3, 2}, at::detail::createCPUGenerator(4));
  const auto& p = vae.parameters();
  const auto layer = [&](std::size_t i, const at::Tensor& rows) {
    return rows.matmul(p[i].weight.t()) + p[i].bias;
  };
  const auto code = layer(2, layer(1, layer(0, x).clamp_min(0)).clamp_min(0));
  const auto mean = code.narrow(1, 0, 2), log_variance = code.narrow(1, 2, 2);
  const auto z = mean + noise * (0.5 * log_variance).exp();
  const auto out = layer(5, layer(4, layer(3, z).clamp_min(0)).clamp_min(0)).sigmoid();
  const auto missed = -(x * out.log() + (1 - x) * (1 - out).log()).sum();
  const auto divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum();
  EXPECT_NEAR(vae.loss(x, noise).item<double>(), (missed + divergence).item<double>() / 3, 1e-5);
}

TEST(VariationalAutoencoder, GradientIsThatOfFiniteDifferences) {
  const auto vae = made(5);
  const auto x = at::rand({4, 5}, at::detail::createCPUGenerator(6));
  const auto noise = at::randn({4, 2}, at::detail::createCPUGenerator(7));
  vae.loss(x, noise).backward();
  const auto gradient = vae.parameters().grads().clone();
  const at::NoGradGuard no_grad;
  auto values = vae.parameters().values();
  constexpr double kStep = 1e-3;  // float32: the loss is near 4, its rounding 5e-7
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const auto kept = values[i].item<double>();
    const auto at_offset = [&](double offset) {
      values[i] = kept + offset;
      return vae.loss(x, noise).item<double>();
    };
    const auto slope = (at_offset(kStep) - at_offset(-kStep)) / (2 * kStep);
    values[i] = kept;
    EXPECT_NEAR(gradient[i].item<double>(), slope, 5e-3) << i;
  }
}

TEST(VariationalAutoencoder, SamplesAreDecodedFromTheStandardNormal) {
  const auto vae = made(8);
  const auto z = at::randn({6, 2}, at::detail::createCPUGenerator(9));
  const auto drawn = vae.sample(6, at::detail::createCPUGenerator(9));
  EXPECT_TRUE(drawn.equal(vae.decode(z).sigmoid()));
  EXPECT_FALSE(drawn.requires_grad());
  EXPECT_TRUE(drawn.gt(0).logical_and(drawn.lt(1)).all().item<bool>());
}

TEST(VariationalAutoencoder, ACopyHasItsOwnValuesAndStateIsWhole) {
  auto vae = made(10);
  const auto copy = vae.copy();
  clh::core::StateRecord record;
  clh::core::save_state(vae, record);
  EXPECT_TRUE(generative_replay::VariationalAutoencoder().copy().empty());
  const auto before = vae.parameters().values().clone();
  at::Tensor(vae.parameters().values()).add_(1);
  EXPECT_TRUE(copy.parameters().values().equal(before));
  generative_replay::VariationalAutoencoder loaded;
  const clh::core::StateReader reader(record);
  clh::Archive archive(reader.table(), 1);
  loaded.state(archive);
  EXPECT_EQ(loaded.latent(), 2);
  const auto z = at::randn({2, 2}, at::detail::createCPUGenerator(11));
  EXPECT_TRUE(loaded.decode(z).equal(copy.decode(z)));
  loaded.loss(at::rand({2, 5}), z).backward();  // the leaves are those that are updated
  EXPECT_GT(loaded.parameters().grads().abs().sum().item<double>(), 0);
}

TEST(ExtraParameters, WeightsAreGlorotUniformAndBiasesZero) {
  const clh::ExtraParameters parameters({{30, 24}, {24, 7}}, at::detail::createCPUGenerator(12));
  EXPECT_EQ(parameters.values().numel(), 31 * 24 + 25 * 7);
  for (const std::size_t i : {0, 1}) {
    const double bound = i == 0 ? 1.0 / 3 : std::sqrt(6.0 / 31);
    const auto largest = parameters[i].weight.abs().max().item<double>();
    EXPECT_LE(largest, bound);
    EXPECT_GT(largest, 0.9 * bound);
    EXPECT_TRUE(parameters[i].bias.eq(0).all().item<bool>());
  }
}

TEST(Adam, ByHand) {
  generative_replay::Adam adam;
  auto values = at::tensor({1.0, -2.0}, at::kDouble);
  double m[2] = {}, v[2] = {}, x[2] = {1, -2};
  const double grads[3][2] = {{0.5, -3}, {0.1, 2}, {-4, 1e-3}};
  for (int round = 0; round < 2; ++round) {
    for (int t = 1; t <= 3; ++t) {
      const auto* g = grads[t - 1];
      for (int i = 0; i < 2; ++i) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        x[i] -= 0.01 * (m[i] / (1 - std::pow(0.9, t))) /
                (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
      }
      adam.step(values, at::tensor({g[0], g[1]}, at::kDouble), 0.01);
      EXPECT_NEAR(values[0].item<double>(), x[0], 1e-12);
      EXPECT_NEAR(values[1].item<double>(), x[1], 1e-12);
    }
    adam.reset();
    m[0] = m[1] = v[0] = v[1] = 0;
  }
}

}  // namespace variational_autoencoder_test
