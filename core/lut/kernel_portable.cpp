#include "core/lut/kernel_portable.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace clh::core {
namespace {

constexpr int kLanes = 16;  // samples side by side, so that the compiler can use vector registers
constexpr int kMaxEntries = 1 << kMaxPins;

/// One value for each of the samples of a tile.
struct alignas(64) Lanes {
  std::array<float, kLanes> at;
  float& operator[](int l) { return at[static_cast<std::size_t>(l)]; }
  float operator[](int l) const { return at[static_cast<std::size_t>(l)]; }
};

/// Up to kLanes consecutive samples; the missing ones count as 0.
struct Tile {
  std::int64_t first;
  int count;
};

Tile tile_at(std::int64_t first, std::int64_t batch) {
  return {first, static_cast<int>(std::min<std::int64_t>(kLanes, batch - first))};
}

void load(const float* row, Tile tile, Lanes& out) {
  out.at.fill(0.0F);
  std::copy_n(row + tile.first, tile.count, out.at.begin());
}

void load_pins(const LutSizes& sizes, const std::int32_t* pins, const float* x, Tile tile,
               Lanes* out) {
  for (int j = 0; j < sizes.pins; ++j) {
    load(x + pins[j] * sizes.batch, tile, out[j]);
  }
}

/// Interpolates along pin 0: out[i] = (1 - x) table[2i] + x table[2i + 1], i < count.
void fold_table(const float* __restrict table, const Lanes& x, Lanes* __restrict out, int count) {
  for (int i = 0; i < count; ++i) {
    for (int l = 0; l < kLanes; ++l) {
      out[i][l] = (1.0F - x[l]) * table[2 * i] + x[l] * table[2 * i + 1];
    }
  }
}

/// Interpolates along the next pin: out[i] = (1 - x) in[2i] + x in[2i + 1], i < count.
void fold(const Lanes* __restrict in, const Lanes& x, Lanes* __restrict out, int count) {
  for (int i = 0; i < count; ++i) {
    for (int l = 0; l < kLanes; ++l) {
      out[i][l] = (1.0F - x[l]) * in[2 * i][l] + x[l] * in[2 * i + 1][l];
    }
  }
}

/// Spreads gradients over the two entries that a fold joined: the reverse of fold.
void unfold(const Lanes* __restrict grad, const Lanes& x, Lanes* __restrict out, int count) {
  for (int i = 0; i < count; ++i) {
    for (int l = 0; l < kLanes; ++l) {
      out[2 * i][l] = grad[i][l] * (1.0F - x[l]);
      out[2 * i + 1][l] = grad[i][l] * x[l];
    }
  }
}

/// All stages of the forward pass: stage j (j pins folded) has 2^(k - j) entries, stage 0 is the
/// table itself and is not stored.
struct Stages {
  std::array<Lanes, kMaxEntries> values;
  std::array<Lanes*, kMaxPins + 1> start;
};

void run_stages(const float* table, const Lanes* x, int pins, Stages& stages) {
  Lanes* next = stages.values.data();
  for (int j = 1; j <= pins; ++j) {
    const int count = 1 << (pins - j);
    stages.start[static_cast<std::size_t>(j)] = next;
    if (j == 1) {
      fold_table(table, x[0], next, count);
    } else {
      fold(stages.start[static_cast<std::size_t>(j - 1)], x[j - 1], next, count);
    }
    next += count;
  }
}

/// d f / d x_0: the gradient of stage 1 times the rise of the table along pin 0.
Lanes table_slope(const float* __restrict table, const Lanes* __restrict grad, int count) {
  Lanes sum{};
  for (int i = 0; i < count; ++i) {
    const float rise = table[2 * i + 1] - table[2 * i];
    for (int l = 0; l < kLanes; ++l) {
      sum[l] += grad[i][l] * rise;
    }
  }
  return sum;
}

/// d f / d x_j, j >= 1: the gradient of stage j + 1 times the rise of stage j along its pin.
Lanes stage_slope(const Lanes* __restrict stage, const Lanes* __restrict grad, int count) {
  Lanes sum{};
  for (int i = 0; i < count; ++i) {
    for (int l = 0; l < kLanes; ++l) {
      sum[l] += grad[i][l] * (stage[2 * i + 1][l] - stage[2 * i][l]);
    }
  }
  return sum;
}

/// One unit, one tile: adds to table_sum [2^k] and to the rows of x_grad (null = not wanted).
void unit_backward(const LutSizes& sizes, const std::int32_t* pins, const float* table,
                   const Lanes* x, Tile tile, const Lanes& y_grad, Lanes* table_sum,
                   float* x_grad) {
  Stages stages;
  std::array<Lanes, kMaxEntries> grad_a, grad_b;
  Lanes *grad = grad_a.data(), *spread = grad_b.data();
  run_stages(table, x, sizes.pins, stages);
  grad[0] = y_grad;
  for (int j = sizes.pins - 1; j >= 0; --j) {
    const int count = 1 << (sizes.pins - 1 - j);
    if (x_grad != nullptr) {
      const Lanes slope = j == 0
                              ? table_slope(table, grad, count)
                              : stage_slope(stages.start[static_cast<std::size_t>(j)], grad, count);
      float* row = x_grad + pins[j] * sizes.batch + tile.first;
      for (int l = 0; l < tile.count; ++l) {
        row[l] += slope[l];
      }
    }
    unfold(grad, x[j], spread, count);
    std::swap(grad, spread);
  }
  for (int a = 0; a < 1 << sizes.pins; ++a) {
    for (int l = 0; l < kLanes; ++l) {
      table_sum[a][l] += grad[a][l];
    }
  }
}

/// Writes to table_sum [2^k] the gradient of every sample at its own address.
void scatter(const std::uint8_t* address, const float* y_grad, std::int64_t batch, int entries,
             float* table_sum) {
  std::fill_n(table_sum, entries, 0.0F);
  for (std::int64_t b = 0; b < batch; ++b) {
    table_sum[address[b]] += y_grad[b];
  }
}

/// In place, unnormalized: twice applied it multiplies by 2^k.
void walsh_hadamard(double* values, int pins) {
  const int entries = 1 << pins;
  for (int bit = 1; bit < entries; bit *= 2) {
    for (int a = 0; a < entries; ++a) {
      if ((a & bit) == 0) {
        const double low = values[a], high = values[a | bit];
        values[a] = low + high;
        values[a | bit] = low - high;
      }
    }
  }
}

}  // namespace

void multilinear_forward(const LutSizes& sizes, const std::int32_t* mapping, const float* table,
                         const float* x, float* y) {
  std::array<Lanes, kMaxPins> inputs;
  Stages stages;
  for (std::int64_t u = 0; u < sizes.units; ++u) {
    for (std::int64_t first = 0; first < sizes.batch; first += kLanes) {
      const Tile tile = tile_at(first, sizes.batch);
      load_pins(sizes, mapping + u * sizes.pins, x, tile, inputs.data());
      run_stages(table + (u << sizes.pins), inputs.data(), sizes.pins, stages);
      const Lanes& result = *stages.start[static_cast<std::size_t>(sizes.pins)];
      std::copy_n(result.at.begin(), tile.count, y + u * sizes.batch + first);
    }
  }
}

void multilinear_backward(const LutSizes& sizes, const std::int32_t* mapping, const float* table,
                          const float* x, const float* y_grad, float* table_grad, float* x_grad) {
  const int entries = 1 << sizes.pins;
  std::array<Lanes, kMaxPins> inputs;
  std::array<Lanes, kMaxEntries> table_sum;
  for (std::int64_t u = 0; u < sizes.units; ++u) {
    std::for_each_n(table_sum.begin(), entries, [](Lanes& sum) { sum.at.fill(0.0F); });
    const std::int32_t* pins = mapping + u * sizes.pins;
    for (std::int64_t first = 0; first < sizes.batch; first += kLanes) {
      const Tile tile = tile_at(first, sizes.batch);
      Lanes grad;
      load(y_grad + u * sizes.batch, tile, grad);
      load_pins(sizes, pins, x, tile, inputs.data());
      unit_backward(sizes, pins, table + u * entries, inputs.data(), tile, grad, table_sum.data(),
                    x_grad);
    }
    for (int a = 0; a < entries && table_grad != nullptr; ++a) {
      float sum = 0.0F;
      for (int l = 0; l < kLanes; ++l) {
        sum += table_sum[static_cast<std::size_t>(a)][l];
      }
      table_grad[u * entries + a] = sum;
    }
  }
}

void hard_address(const LutSizes& sizes, const std::int32_t* mapping, const float* x,
                  std::uint8_t* address) {
  for (std::int64_t u = 0; u < sizes.units; ++u) {
    std::uint8_t* __restrict out = address + u * sizes.batch;
    std::fill_n(out, sizes.batch, std::uint8_t{0});
    for (int j = 0; j < sizes.pins; ++j) {
      const float* __restrict row = x + mapping[u * sizes.pins + j] * sizes.batch;
      for (std::int64_t b = 0; b < sizes.batch; ++b) {
        const int one = row[b] > 0.5F;
        out[b] = static_cast<std::uint8_t>(out[b] | one << j);
      }
    }
  }
}

void hard_forward(const LutSizes& sizes, const float* table, const std::uint8_t* address,
                  float* y) {
  for (std::int64_t u = 0; u < sizes.units; ++u) {
    const float* entries = table + (u << sizes.pins);
    for (std::int64_t i = u * sizes.batch; i < (u + 1) * sizes.batch; ++i) {
      y[i] = entries[address[i]];
    }
  }
}

void hard_backward(const LutSizes& sizes, const std::int32_t* mapping, const float* slope,
                   const std::uint8_t* address, const float* y_grad, float* table_grad,
                   float* x_grad) {
  for (std::int64_t u = 0; u < sizes.units; ++u) {
    const std::uint8_t* at = address + u * sizes.batch;
    const float* grad = y_grad + u * sizes.batch;
    if (table_grad != nullptr) {
      scatter(at, grad, sizes.batch, 1 << sizes.pins, table_grad + (u << sizes.pins));
    }
    for (int j = 0; j < sizes.pins && x_grad != nullptr; ++j) {
      const float* entries = slope + (u << sizes.pins);
      const int bit = 1 << j;
      float* row = x_grad + mapping[u * sizes.pins + j] * sizes.batch;
      for (std::int64_t b = 0; b < sizes.batch; ++b) {
        row[b] += grad[b] * (entries[at[b] | bit] - entries[at[b] & ~bit]);
      }
    }
  }
}

void smooth_table(float* table, int pins, double epsilon) {
  const auto flip = static_cast<float>(epsilon);
  const float keep = 1.0F - flip;
  const int entries = 1 << pins;
  for (int bit = 1; bit < entries; bit *= 2) {
    for (int a = 0; a < entries; ++a) {
      if ((a & bit) == 0) {
        const float low = table[a], high = table[a | bit];
        table[a] = keep * low + flip * high;
        table[a | bit] = flip * low + keep * high;
      }
    }
  }
}

void radial_table(float* table, int pins, const double* weights) {
  const int entries = 1 << pins;
  std::array<double, kMaxEntries> walsh;
  std::copy_n(table, entries, walsh.begin());
  walsh_hadamard(walsh.data(), pins);
  for (int set = 0; set < entries; ++set) {
    int degree = 0;
    for (int rest = set; rest != 0; rest &= rest - 1) {
      ++degree;
    }
    walsh[static_cast<std::size_t>(set)] *= degree == 0 ? 0.0 : weights[degree - 1] / entries;
  }
  walsh_hadamard(walsh.data(), pins);
  std::transform(walsh.begin(), walsh.begin() + entries, table,
                 [](double value) { return static_cast<float>(value); });
}

void binarise(float* values, std::int64_t count, float level) {
  std::transform(values, values + count, values,
                 [level](float value) { return value > level ? 1.0F : 0.0F; });
}

}  // namespace clh::core
