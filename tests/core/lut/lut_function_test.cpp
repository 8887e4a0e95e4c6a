#include "core/lut/lut_function.hpp"

#include <clh/error.hpp>
#include <clh/tensor.hpp>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/lut/lut_reference.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace {
using torch::autograd::grad;

at::Tensor irregular(std::vector<std::int64_t> shape, double offset = 0) {
  std::int64_t count = 1;
  for (const auto size : shape) {
    count *= size;
  }
  const auto values = test::irregular(static_cast<std::size_t>(count), offset);
  return at::tensor(values).view(shape);
}

at::Tensor leaf(at::Tensor values) {
  return values.clone().set_requires_grad(true);
}

/// Three units over 9 inputs; pins of different units overlap.
LutInputs layer(std::int64_t pins, std::int64_t batch) {
  auto mapping = (at::arange(3 * pins, at::kInt) * 4).remainder(9).view({3, pins});
  return {irregular({batch, 9}),
          {},
          mapping.to(at::kInt),
          irregular({3, std::int64_t{1} << pins}, 0.3)};
}

at::Tensor bits(const at::Tensor& x) {
  return (x > 0.5).to(at::kByte);
}

LutRule smooth() {
  LutRule rule;
  rule.gradient = CLH_LUT_SMOOTH;
  rule.coefficients = {0.25};
  return rule;
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

/// Runs the C table; returns its message, empty when it succeeded and gave `y`.
std::string refusal(const LutInputs& in, LutRule rule = {},
                    const std::function<void(clh_lut_call&)>& spoil = {}) {
  clh_lut_call call{};
  call.struct_size = sizeof call;
  call.gradient = rule.gradient;
  call.binarise = rule.binarise ? 1 : 0;
  call.level = rule.level;
  call.coef = rule.coefficients.data();
  call.n_coef = static_cast<std::int64_t>(rule.coefficients.size());
  call.x = lend(in.x);
  call.carrier = lend(in.carrier);
  call.mapping = lend(in.mapping);
  call.table = lend(in.table);
  if (spoil) {
    spoil(call);
  }
  auto error = empty_error();
  const auto status = lut_extension()->evaluate(&call, &error);
  if (status == CLH_OK) {
    EXPECT_TRUE(same(adopt(call.y), evaluate_lut(in, rule)));
    return {};
  }
  EXPECT_EQ(status, CLH_E_INVALID);
  EXPECT_EQ(call.y, nullptr) << "an out-parameter was touched";
  return error.message;
}

TEST(LutExtension, EvaluatesThroughTheCTable) {
  EXPECT_EQ(refusal(layer(3, 5)), "");
  EXPECT_EQ(refusal(layer(3, 5), smooth()), "");
  LutRule rule;
  rule.binarise = true;
  rule.level = 0.4;
  EXPECT_EQ(refusal(layer(3, 5), rule), "");
}

TEST(LutExtension, RefusesWrongTensorsWithBothSides) {
  const auto spoiled = [](auto change) {
    auto in = layer(3, 5);
    change(in);
    return refusal(in);
  };
  EXPECT_EQ(spoiled([](auto& in) { in.mapping = in.mapping.to(at::kLong); }),
            "[clh.lut/1] expected mapping [U, k] int32 on the CPU, found CPULongType");
  EXPECT_EQ(spoiled([](auto& in) { in.mapping = at::Tensor(); }),
            "[clh.lut/1] expected mapping [U, k] int32 on the CPU, found an undefined tensor");
  EXPECT_EQ(spoiled([](auto& in) {
              in.mapping = at::zeros({3, 9}, at::kInt);
            }),
            "[clh.lut/1] expected 1 to 8 pins in mapping [U, k], found 9");
  EXPECT_EQ(spoiled([](auto& in) { in.mapping[1][2] = 9; }),
            "[clh.lut/1] expected pins of mapping in [0, 9), found 9");
  EXPECT_EQ(spoiled([](auto& in) { in.mapping[1][2] = -1; }),
            "[clh.lut/1] expected pins of mapping in [0, 9), found -1");
  EXPECT_EQ(spoiled([](auto& in) { in.table = in.table.slice(1, 0, 4); }),
            "[clh.lut/1] expected table [3, 8] for mapping [3, 3], found [3, 4]");
  EXPECT_EQ(spoiled([](auto& in) { in.table = in.table.to(at::kDouble); }),
            "[clh.lut/1] expected table [U, 2^k] float32 on the CPU, found CPUDoubleType");
  EXPECT_EQ(spoiled([](auto& in) { in.x = in.x.flatten(); }),
            "[clh.lut/1] expected x [B, in] float32 or uint8 on the CPU, found [45]");
  EXPECT_EQ(spoiled([](auto& in) {
              in.x = at::full({5, 9}, 2, at::kByte);
            }),
            "[clh.lut/1] expected bits 0 and 1 in uint8 x, found 2");
  EXPECT_EQ(spoiled([](auto& in) { in.carrier = in.x; }),
            "[clh.lut/1] expected a gradient carrier only beside uint8 x, found CPUFloatType");
  EXPECT_EQ(spoiled([](auto& in) {
              in.x = bits(in.x);
              in.carrier = at::zeros({5, 8});
            }),
            "[clh.lut/1] expected carrier of the sizes of x, found [5, 8]");
}

TEST(LutExtension, RefusesWrongRules) {
  const auto with = [](std::int32_t gradient, std::vector<double> coefficients) {
    LutRule rule;
    rule.gradient = gradient;
    rule.coefficients = std::move(coefficients);
    return refusal(layer(3, 5), rule);
  };
  EXPECT_EQ(with(CLH_LUT_SMOOTH, {}),
            "[clh.lut/1] expected one coefficient, epsilon, for the smoothed gradient, found 0");
  EXPECT_EQ(with(CLH_LUT_SMOOTH, {0.75}), "[clh.lut/1] expected epsilon in [0, 1/2], found 0.75");
  EXPECT_EQ(with(CLH_LUT_SMOOTH, {std::numeric_limits<double>::quiet_NaN()}),
            "[clh.lut/1] expected finite coefficients, found nan");
  EXPECT_EQ(with(CLH_LUT_RADIAL, {1, 1}),
            "[clh.lut/1] expected one coefficient per pin for the radial gradient, found 2");
  EXPECT_EQ(with(CLH_LUT_MLE, {1}),
            "[clh.lut/1] expected no coefficient for the multilinear gradient, found 1");
  EXPECT_EQ(with(0, {}),
            "[clh.lut/1] expected gradient CLH_LUT_MLE, CLH_LUT_SMOOTH or CLH_LUT_RADIAL, found 0");
  LutRule hard;
  hard.binarise = true;
  hard.level = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refusal(layer(3, 5), hard), "[clh.lut/1] expected a finite level, found inf");
  EXPECT_EQ(refusal(layer(3, 5), {}, [](auto& call) { call.struct_size = 80; }),
            "[clh.lut/1] expected a clh_lut_call of 88 bytes, found 80");
  EXPECT_EQ(refusal(layer(3, 5), {}, [](auto& call) { call.binarise = 2; }),
            "[clh.lut/1] expected binarise 0 or 1, found 2");
  EXPECT_EQ(refusal(layer(3, 5), {}, [](auto& call) { call.n_coef = -1; }),
            "[clh.lut/1] expected n_coef coefficients, found -1");
}

}  // namespace
}  // namespace clh::core
