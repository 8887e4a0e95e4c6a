#include "core/lut/lut_function.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "tests/core/lut/lut_layer.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace lut_function_test {
using test::bits;
using test::irregular;
using test::layer;
using test::smooth;
using torch::autograd::grad;

at::Tensor leaf(at::Tensor values) {
  return values.clone().set_requires_grad(true);
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  return at::equal(a, b);
}

/// sum_b,u y_grad y of the multilinear layer in double, as a function of its inputs.
double objective(const at::Tensor& x, const LutInputs& in, const at::Tensor& table,
                 const at::Tensor& y_grad) {
  double sum = 0;
  for (std::int64_t b = 0; b < x.size(0); ++b) {
    for (std::int64_t u = 0; u < in.mapping.size(0); ++u) {
      std::vector<double> entries, pins;
      for (std::int64_t a = 0; a < table.size(1); ++a) {
        entries.push_back(table[u][a].item<double>());
      }
      for (std::int64_t j = 0; j < in.mapping.size(1); ++j) {
        pins.push_back(x[b][in.mapping[u][j].item<std::int64_t>()].item<double>());
      }
      sum += y_grad[b][u].item<double>() * test::multilinear(entries, pins);
    }
  }
  return sum;
}

// Difference quotients in double over steps of 1/4: exact for a function affine in each value.
TEST(EvaluateLut, GradientsEqualDifferenceQuotientsOfTheDoubleReference) {
  for (std::int64_t pins = 1; pins <= 6; ++pins) {
    auto in = layer(pins, 3);
    const auto y_grad = irregular({3, 3}, 0.7) - 0.5;
    in.x = leaf(in.x);
    in.table = leaf(in.table);
    const auto grads = grad({evaluate_lut(in, {})}, {in.x, in.table}, {y_grad});
    const auto x = in.x.detach().to(at::kDouble), table = in.table.detach().to(at::kDouble);
    const double here = objective(x, in, table, y_grad);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      auto moved = x.clone();
      moved.view(-1)[i] += 0.25;
      EXPECT_NEAR(grads[0].reshape(-1)[i].item<double>(),
                  4 * (objective(moved, in, table, y_grad) - here), 1e-6)  // float32, k stages
          << "k = " << pins << ", x " << i;
    }
    for (std::int64_t i = 0; i < table.numel(); i += 1 + table.numel() / 24) {
      auto moved = table.clone();
      moved.view(-1)[i] += 0.25;
      EXPECT_NEAR(grads[1].reshape(-1)[i].item<double>(),
                  4 * (objective(x, in, moved, y_grad) - here), 1e-6)
          << "k = " << pins << ", entry " << i;
    }
  }
}

TEST(EvaluateLut, IsOneFunctionOfTheBatchForEverySize) {
  const auto all = layer(4, 65);
  for (const auto& rule : {LutRule{}, smooth()}) {
    const auto expected = evaluate_lut(all, rule);
    for (const std::int64_t batch : {0, 1, 63, 64, 65}) {
      auto in = all;
      in.x = all.x.slice(0, 0, batch);
      const auto y = evaluate_lut(in, rule);
      EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{batch, 3}));
      EXPECT_TRUE(same(y, expected.slice(0, 0, batch))) << "B = " << batch;
    }
  }
}

TEST(EvaluateLut, RepeatsBitByBitForwardAndBackward) {
  std::vector<at::Tensor> first;
  for (int run = 0; run < 2; ++run) {
    auto in = layer(6, 33);
    in.x = leaf(in.x);
    in.table = leaf(in.table);
    const auto y = evaluate_lut(in, {});
    auto all = grad({y}, {in.x, in.table}, {irregular({33, 3}, 0.7)});
    all.push_back(y.detach());
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(same(all[i], first[i])) << i;
    }
    first = all;
  }
}

TEST(EvaluateLut, TakesAnyStridesAndGivesFeatureMajorMemory) {
  auto in = layer(3, 5);
  const auto expected = evaluate_lut(in, {});
  EXPECT_EQ(expected.strides(), (std::vector<std::int64_t>{1, 5}));
  auto strided = in;
  strided.x = in.x.t().contiguous().t();
  strided.table = in.table.t().contiguous().t();
  strided.mapping = in.mapping.t().contiguous().t();
  EXPECT_TRUE(same(evaluate_lut(strided, {}), expected));
}

TEST(EvaluateLut, KeepsNoGraphWhereNothingIsTrained) {
  EXPECT_FALSE(evaluate_lut(layer(3, 5), {}).requires_grad());
}

TEST(EvaluateLut, GivesOneGradientWithoutTheOther) {
  for (const auto& rule : {LutRule{}, smooth()}) {
    const auto y_grad = irregular({5, 3}, 0.7);
    auto both = layer(3, 5);
    both.x = leaf(both.x);
    both.table = leaf(both.table);
    const auto expected = grad({evaluate_lut(both, rule)}, {both.x, both.table}, {y_grad});
    auto x_only = both, table_only = both;
    x_only.table = both.table.detach();
    table_only.x = both.x.detach();
    EXPECT_TRUE(same(grad({evaluate_lut(x_only, rule)}, {both.x}, {y_grad})[0], expected[0]));
    EXPECT_TRUE(
        same(grad({evaluate_lut(table_only, rule)}, {both.table}, {y_grad})[0], expected[1]));
  }
}

TEST(EvaluateLut, SendsTheGradientOfBitsDownTheCarrier) {
  for (const auto& rule : {LutRule{}, smooth()}) {
    auto soft = layer(3, 5), hard = soft;
    hard.x = bits(soft.x);
    soft.x = leaf(hard.x.to(at::kFloat));
    hard.carrier = leaf(at::zeros({1, 1})).expand({5, 9});
    const auto y = evaluate_lut(soft, rule), y_of_bits = evaluate_lut(hard, rule);
    EXPECT_TRUE(same(y_of_bits, y));
    const auto y_grad = irregular({5, 3}, 0.7);
    const auto expected = grad({y}, {soft.x}, {y_grad})[0];
    EXPECT_TRUE(same(grad({y_of_bits}, {hard.carrier}, {y_grad})[0], expected));
    EXPECT_NE(expected.abs().sum().item<float>(), 0);
  }
}

TEST(EvaluateLut, BinarisesStraightThrough) {
  for (auto rule : {LutRule{}, smooth()}) {
    auto in = layer(3, 33);
    in.x = leaf(in.x);
    in.table = leaf(in.table);
    const auto y_grad = irregular({33, 3}, 0.7);
    const auto soft = evaluate_lut(in, rule);
    const auto expected = grad({soft}, {in.x, in.table}, {y_grad});
    rule.binarise = true;
    rule.level = soft.select(0, 4).max().item<double>();  // sample 4 has a value on the level: 0
    const auto hard = evaluate_lut(in, rule);
    EXPECT_TRUE(same(hard, (soft > rule.level).to(at::kFloat)));
    const auto found = grad({hard}, {in.x, in.table}, {y_grad});
    EXPECT_TRUE(same(found[0], expected[0]));
    EXPECT_TRUE(same(found[1], expected[1]));
  }
}

// Both sides read the same smoothed table: 1 - 2 epsilon per degree is (1/2)^r for epsilon = 1/4.
TEST(EvaluateLut, RadialWeightsOfTheSmoothingGiveItsGradient) {
  for (std::int64_t pins = 1; pins <= 6; ++pins) {
    auto in = layer(pins, 33);
    in.x = leaf(in.x);
    LutRule radial;
    radial.gradient = CLH_LUT_RADIAL;
    for (std::int64_t r = 1; r <= pins; ++r) {
      radial.coefficients.push_back(1.0 / static_cast<double>(std::int64_t{1} << r));
    }
    const auto y_grad = irregular({33, 3}, 0.7);
    const auto expected = grad({evaluate_lut(in, smooth())}, {in.x}, {y_grad})[0];
    const auto found = grad({evaluate_lut(in, radial)}, {in.x}, {y_grad})[0];
    EXPECT_TRUE(at::allclose(found, expected, 0, 1e-6)) << "k = " << pins;  // k float32 roundings
    EXPECT_GT(expected.abs().max().item<float>(), 0.01);
  }
}

TEST(EvaluateLut, RefusesASecondDerivativeAndAChangedTable) {
  auto in = layer(2, 3);
  in.table = leaf(in.table);
  const auto y = evaluate_lut(in, {});
  EXPECT_THROW(grad({y.sum()}, {in.table}, {}, true, true), c10::Error);
  in.table.detach().add_(1);
  EXPECT_THROW(grad({y.sum()}, {in.table}), c10::Error);
}

}  // namespace lut_function_test
}  // namespace clh::core
