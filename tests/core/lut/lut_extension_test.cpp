#include <clh/error.hpp>
#include <clh/tensor.hpp>

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/lut/lut_function.hpp"
#include "tests/core/lut/lut_layer.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace lut_extension_test {
using test::bits;
using test::layer;
using test::smooth;

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
    EXPECT_TRUE(at::equal(adopt(call.y), evaluate_lut(in, rule)));
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

}  // namespace lut_extension_test
}  // namespace clh::core
