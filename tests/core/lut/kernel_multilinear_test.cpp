#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/lut/kernel_portable.hpp"
#include "tests/core/lut/lut_reference.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace kernel_multilinear_test {
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

}  // namespace kernel_multilinear_test
}  // namespace clh::core
