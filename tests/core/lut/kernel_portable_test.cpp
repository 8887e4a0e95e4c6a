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
namespace {
using test::irregular;

std::vector<double> doubles(const float* first, std::size_t count) {
  return {first, first + count};
}

/// A layer over 11 inputs whose pins overlap between units, with irregular values.
struct Layer {
  Layer(int pins, std::int64_t batch, std::int64_t units = 3)
      : sizes{batch, units, pins},
        entries(std::size_t{1} << pins),
        table(irregular(static_cast<std::size_t>(units) * entries, 0.3)),
        x(irregular(static_cast<std::size_t>(kInputs * batch))),
        y_grad(irregular(static_cast<std::size_t>(units * batch), 0.7)) {
    for (std::int64_t i = 0; i < units * pins; ++i) {
      mapping.push_back(static_cast<std::int32_t>(4 * i % kInputs));
    }
    for (auto& grad : y_grad) {
      grad -= 0.5F;
    }
  }
  static constexpr std::int64_t kInputs = 11;

  std::vector<double> pins_of(std::int64_t unit, std::int64_t sample) const {
    std::vector<double> pins;
    for (int j = 0; j < sizes.pins; ++j) {
      pins.push_back(x[at(row(unit, j), sample)]);
    }
    return pins;
  }
  std::vector<double> table_of(std::int64_t unit) const {
    return doubles(table.data() + static_cast<std::size_t>(unit) * entries, entries);
  }
  std::int64_t row(std::int64_t unit, int pin) const {
    return mapping[static_cast<std::size_t>(unit * sizes.pins + pin)];
  }
  std::size_t at(std::int64_t r, std::int64_t sample) const {
    return static_cast<std::size_t>(r * sizes.batch + sample);
  }
  std::vector<float> forward() const {
    std::vector<float> y(static_cast<std::size_t>(sizes.units * sizes.batch), -7.0F);
    multilinear_forward(sizes, mapping.data(), table.data(), x.data(), y.data());
    return y;
  }

  LutSizes sizes;
  std::size_t entries;
  std::vector<std::int32_t> mapping;
  std::vector<float> table, x, y_grad;
};

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

TEST(Multilinear, EqualsTheTableBitByBitAtEveryCorner) {
  for (int pins = 1; pins <= kMaxPins; ++pins) {
    const std::int64_t corners = std::int64_t{1} << pins;
    const auto table = irregular(static_cast<std::size_t>(corners));
    std::vector<std::int32_t> mapping(static_cast<std::size_t>(pins));
    std::iota(mapping.begin(), mapping.end(), 0);
    std::vector<float> x, y(table.size());
    for (int j = 0; j < pins; ++j) {
      for (std::int64_t a = 0; a < corners; ++a) {
        x.push_back(static_cast<float>(a >> j & 1));
      }
    }
    multilinear_forward({corners, 1, pins}, mapping.data(), table.data(), x.data(), y.data());
    EXPECT_EQ(y, table) << "k = " << pins;
  }
}

TEST(Multilinear, EqualsTheSumOfExplicitProducts) {
  for (int pins = 1; pins <= kMaxPins; ++pins) {
    const Layer layer(pins, 21);
    const auto y = layer.forward();
    for (std::int64_t u = 0; u < layer.sizes.units; ++u) {
      for (std::int64_t b = 0; b < layer.sizes.batch; ++b) {
        EXPECT_NEAR(y[layer.at(u, b)], test::multilinear(layer.table_of(u), layer.pins_of(u, b)),
                    1e-6)  // values below 1 in float32, k rounded stages
            << "k = " << pins;
      }
    }
  }
}

TEST(Multilinear, GradientsEqualTheDefinition) {
  for (int pins = 1; pins <= kMaxPins; ++pins) {
    Layer layer(pins, 21);
    layer.x[0] = 0.0F;  // no division, hence nothing special at the corners
    layer.x[1] = 1.0F;
    std::vector<float> table_grad(layer.table.size(), -7.0F), x_grad(layer.x.size(), 0.0F);
    multilinear_backward(layer.sizes, layer.mapping.data(), layer.table.data(), layer.x.data(),
                         layer.y_grad.data(), table_grad.data(), x_grad.data());
    std::vector<double> table_expected(table_grad.size()), x_expected(x_grad.size());
    for (std::int64_t u = 0; u < layer.sizes.units; ++u) {
      for (std::int64_t b = 0; b < layer.sizes.batch; ++b) {
        const auto x = layer.pins_of(u, b);
        const double grad = layer.y_grad[layer.at(u, b)];
        for (std::size_t a = 0; a < layer.entries; ++a) {
          table_expected[static_cast<std::size_t>(u) * layer.entries + a] +=
              grad * test::corner_weight(a, x);
        }
        for (int j = 0; j < pins; ++j) {
          x_expected[layer.at(layer.row(u, j), b)] +=
              grad * test::multilinear_slope(layer.table_of(u), x, static_cast<std::size_t>(j));
        }
      }
    }
    for (std::size_t i = 0; i < table_grad.size(); ++i) {
      EXPECT_NEAR(table_grad[i], table_expected[i], 2e-6) << "k = " << pins;  // 21 samples
    }
    for (std::size_t i = 0; i < x_grad.size(); ++i) {
      EXPECT_NEAR(x_grad[i], x_expected[i], 2e-6) << "k = " << pins;  // 3 units
    }
  }
}

TEST(Multilinear, TreatsASampleAlikeInEveryBatchSize) {
  const Layer big(6, 130);
  const auto expected = big.forward();
  for (const std::int64_t batch : {1, 15, 16, 17, 63, 64, 65}) {
    Layer small(6, batch);
    for (std::int64_t i = 0; i < Layer::kInputs; ++i) {
      for (std::int64_t b = 0; b < batch; ++b) {
        small.x[small.at(i, b)] = big.x[big.at(i, b)];
      }
    }
    const auto y = small.forward();
    for (std::int64_t u = 0; u < big.sizes.units; ++u) {
      for (std::int64_t b = 0; b < batch; ++b) {
        EXPECT_EQ(y[small.at(u, b)], expected[big.at(u, b)]) << "B = " << batch << ", b = " << b;
      }
    }
  }
}

TEST(Multilinear, AddsToTheInputGradientOfARaggedBatchAndNothingBeyond) {
  const Layer layer(2, 17, 1);
  std::vector<float> once(layer.x.size(), 0.0F), twice(layer.x.size(), 0.0F);
  const auto run = [&](std::vector<float>& x_grad) {
    multilinear_backward(layer.sizes, layer.mapping.data(), layer.table.data(), layer.x.data(),
                         layer.y_grad.data(), nullptr, x_grad.data());
  };
  run(once);
  run(twice);
  run(twice);
  for (std::size_t i = 0; i < once.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i) / layer.sizes.batch;
    const bool wired = row == layer.mapping[0] || row == layer.mapping[1];
    EXPECT_EQ(once[i] != 0.0F, wired) << "row " << row;
    EXPECT_EQ(twice[i], 2 * once[i]);
  }
}

}  // namespace
}  // namespace clh::core
