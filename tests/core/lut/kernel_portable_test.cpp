#include "core/lut/kernel_portable.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "tests/core/lut/lut_reference.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace kernel_portable_test {
using test::irregular;

std::vector<double> doubles(const float* first, std::size_t count) {
  return {first, first + count};
}

// Worked by hand in exact fractions: the smoothing with 1/4 and its finite differences.
struct Worked {
  int pins;
  std::vector<float> table, smooth;
  std::vector<std::vector<float>> differences;  // per pin, per address
};

const Worked kWorked[] = {
    {2,
     {0, 0, 0, 1},
     {1 / 16.F, 3 / 16.F, 3 / 16.F, 9 / 16.F},
     {{1 / 8.F, 1 / 8.F, 3 / 8.F, 3 / 8.F}, {1 / 8.F, 3 / 8.F, 1 / 8.F, 3 / 8.F}}},
    {2,
     {1, -0.5F, 0.5F, 1},
     {5 / 8.F, 1 / 8.F, 5 / 8.F, 5 / 8.F},
     {{-0.5F, -0.5F, 0, 0}, {0, 0.5F, 0, 0.5F}}},
    {3,
     {1, -1, 1, 1, -1, -1, 1, -1},
     {5 / 16.F, -5 / 16.F, 11 / 16.F, 5 / 16.F, -5 / 16.F, -11 / 16.F, 5 / 16.F, -5 / 16.F},
     {{-5 / 8.F, -5 / 8.F, -3 / 8.F, -3 / 8.F, -3 / 8.F, -3 / 8.F, -5 / 8.F, -5 / 8.F},
      {3 / 8.F, 5 / 8.F, 3 / 8.F, 5 / 8.F, 5 / 8.F, 3 / 8.F, 5 / 8.F, 3 / 8.F},
      {-5 / 8.F, -3 / 8.F, -3 / 8.F, -5 / 8.F, -5 / 8.F, -3 / 8.F, -3 / 8.F, -5 / 8.F}}}};

TEST(SmoothTable, EqualsTheWorkedTablesExactly) {
  for (const auto& worked : kWorked) {
    auto table = worked.table;
    smooth_table(table.data(), worked.pins, 0.25);
    EXPECT_EQ(table, worked.smooth);
  }
}

TEST(SmoothTable, KeepsTheTableAtZeroAndLevelsItAtOneHalf) {
  auto table = kWorked[2].table;
  smooth_table(table.data(), 3, 0.0);
  EXPECT_EQ(table, kWorked[2].table);
  smooth_table(table.data(), 3, 0.5);
  EXPECT_EQ(table, std::vector<float>(8, 0.0F));  // the mean of four 1 and four -1
}

/// Sends gradient 1 through every address of one unit; returns x_grad [k, 2^k].
std::vector<float> differences(int pins, const std::vector<float>& slope) {
  const LutSizes sizes{std::int64_t{1} << pins, 1, pins};
  std::vector<std::int32_t> mapping(static_cast<std::size_t>(pins));
  std::iota(mapping.begin(), mapping.end(), 0);
  std::vector<std::uint8_t> address(slope.size());
  std::iota(address.begin(), address.end(), std::uint8_t{0});
  const std::vector<float> ones(slope.size(), 1.0F);
  std::vector<float> x_grad(slope.size() * static_cast<std::size_t>(pins), 0.0F);
  hard_backward(sizes, mapping.data(), slope.data(), address.data(), ones.data(), nullptr,
                x_grad.data());
  return x_grad;
}

TEST(HardBackward, GivesTheWorkedDifferencesExactly) {
  for (const auto& worked : kWorked) {
    std::vector<float> expected;
    for (const auto& row : worked.differences) {
      expected.insert(expected.end(), row.begin(), row.end());
    }
    EXPECT_EQ(differences(worked.pins, worked.smooth), expected);
  }
}

// alpha beta^H with alpha = (3/4)^(k-1) / 2 and beta = 1/3 is what smoothing by 1/4 must reproduce.
TEST(HardBackward, EqualsTheExtendedFiniteDifferenceByDefinition) {
  for (int pins = 1; pins <= 6; ++pins) {
    const auto raw = irregular(std::size_t{1} << pins);
    const auto table = doubles(raw.data(), raw.size());
    auto slope = raw;
    smooth_table(slope.data(), pins, 0.25);
    const auto found = differences(pins, slope);
    const auto weight = [&](int distance) {
      return 0.5 * std::pow(0.75, pins - 1) * std::pow(1.0 / 3, distance);
    };
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto pin = static_cast<int>(i / raw.size());
      // Entries below 1 pass k rounded stages: a few units of 6e-8.
      EXPECT_NEAR(found[i], test::weighted_difference(table, i % raw.size(), pin, weight), 1e-6)
          << "k = " << pins << ", pin " << pin;
    }
  }
}

TEST(RadialTable, EqualsSmoothingForItsWalshMultipliers) {
  for (const auto& worked : kWorked) {
    auto table = worked.table;
    const double halves[] = {1 / 2., 1 / 4., 1 / 8.};
    radial_table(table.data(), worked.pins, halves);
    EXPECT_EQ(differences(worked.pins, table), differences(worked.pins, worked.smooth));
  }
}

TEST(RadialTable, WeighsByTheHammingDistance) {
  // Multipliers of 1 / (1 + H): sum over m of k - 1 bits of (-1)^|m & R| / (1 + |m|).
  const std::vector<std::vector<double>> multipliers = {
      {3 / 2., 1 / 2.},
      {15 / 4., 11 / 12., 5 / 12., 1 / 4.},
      {21 / 2., 19 / 10., 7 / 10., 11 / 30., 7 / 30., 1 / 6.}};
  for (const auto& weights : multipliers) {
    const auto pins = static_cast<int>(weights.size());
    const auto raw = irregular(std::size_t{1} << pins);
    const auto table = doubles(raw.data(), raw.size());
    auto slope = raw;
    radial_table(slope.data(), pins, weights.data());
    const auto found = differences(pins, slope);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto expected =
          test::weighted_difference(table, i % raw.size(), static_cast<int>(i / raw.size()),
                                    [](int distance) { return 1.0 / (1 + distance); });
      EXPECT_NEAR(found[i], expected, 1e-5) << "k = " << pins;  // sums of up to 21/2
    }
  }
}

TEST(HardAddress, PutsPinZeroLowestAndTiesAndNanToZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float above = std::nextafter(0.5F, 1.0F);
  const std::vector<float> x = {1, 0, 0, 0.5F,   // input 0
                                0, 1, 0, above,  // input 1
                                0, 0, 1, nan};   // input 2
  const std::vector<std::int32_t> mapping = {2, 0, 1};
  std::vector<std::uint8_t> address(4);
  hard_address({4, 1, 3}, mapping.data(), x.data(), address.data());
  EXPECT_EQ(address, (std::vector<std::uint8_t>{2, 4, 1, 4}));
}

TEST(HardForward, ReadsTheEntryAndScattersItsGradient) {
  const std::vector<float> table = {10, 11, 12, 13, 20, 21, 22, 23};
  const std::vector<std::uint8_t> address = {3, 0, 3, 1, 1, 2};  // two units, three samples
  std::vector<float> y(6), table_grad(8, -7.0F);
  hard_forward({3, 2, 2}, table.data(), address.data(), y.data());
  EXPECT_EQ(y, (std::vector<float>{13, 10, 13, 21, 21, 22}));
  const std::vector<float> y_grad = {1, 2, 4, 8, 16, 32};
  const std::vector<std::int32_t> mapping = {0, 1, 0, 1};
  hard_backward({3, 2, 2}, mapping.data(), nullptr, address.data(), y_grad.data(),
                table_grad.data(), nullptr);
  EXPECT_EQ(table_grad, (std::vector<float>{2, 0, 0, 5, 0, 24, 32, 0}));
}

TEST(HardBackward, AddsWhatEveryUnitSendsToASharedInput) {
  const std::vector<float> slope = {1, 5, 10, 30};   // both units: T of one pin each
  const std::vector<std::int32_t> mapping = {1, 1};  // both read input 1
  const std::vector<std::uint8_t> address = {0, 1};  // one sample each
  const std::vector<float> y_grad = {2, 3};
  std::vector<float> x_grad = {100, 100};
  hard_backward({1, 2, 1}, mapping.data(), slope.data(), address.data(), y_grad.data(), nullptr,
                x_grad.data());
  EXPECT_EQ(x_grad, (std::vector<float>{100, 100 + 2 * 4 + 3 * 20}));
}

TEST(Binarise, IsStrictlyAboveTheLevel) {
  std::vector<float> values = {0.1F, std::nextafter(0.1F, 1.0F), 0, -1, 2};
  binarise(values.data(), 5, 0.1F);
  EXPECT_EQ(values, (std::vector<float>{0, 1, 0, 0, 1}));
}

}  // namespace kernel_portable_test
}  // namespace clh::core
