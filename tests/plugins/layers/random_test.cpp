#include <clh/component.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace clh {
namespace random_test {
using core::ConfigValue;
using test::options;
using test::PluginRig;

Instance layer(PluginRig& rig, std::int64_t inputs, std::int64_t units, std::int64_t fan_in) {
  clh_layer_spec spec{};
  spec.index = 3;
  spec.input = Shape{inputs}.c_shape();
  spec.units = units;
  return rig.create(CLH_LAYER, "random", spec, options({{"fan-in", ConfigValue{fan_in}}}));
}

const clh_layer_vt& table_of(const Instance& layer) {
  return layer.table<clh_layer_vt>();
}
at::Tensor mapping_of(const Instance& layer) {
  return layer.make(table_of(layer).mapping);
}
at::Tensor forward(const Instance& layer, const at::Tensor& x) {
  return layer.map(table_of(layer).forward, x);
}

TEST(RandomLayer, DealsEveryInputEquallyOftenAndNoneTwiceInANode) {
  struct Case {
    std::int64_t inputs, units, fan_in;
  };
  const Case cases[] = {{6, 4, 6},   {7, 4, 6},  {8, 8, 6},   {9, 5, 8}, {3, 2, 2},
                        {3, 1, 3},   {5, 7, 4},  {1, 4, 1},   {2, 9, 1}, {13, 100, 5},
                        {100, 3, 6}, {9, 64, 8}, {64, 64, 8}, {11, 3, 4}};
  for (const auto& c : cases) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      PluginRig rig(seed);
      const auto mapping = mapping_of(layer(rig, c.inputs, c.units, c.fan_in));
      ASSERT_EQ(mapping.scalar_type(), at::kInt);
      ASSERT_EQ(mapping.sizes(), (std::vector<std::int64_t>{c.units, c.fan_in}));
      std::vector<std::int64_t> used(static_cast<std::size_t>(c.inputs), 0);
      for (std::int64_t u = 0; u < c.units; ++u) {
        std::set<std::int32_t> pins;
        for (std::int64_t j = 0; j < c.fan_in; ++j) {
          const auto pin = mapping[u][j].item<std::int32_t>();
          ASSERT_TRUE(pin >= 0 && pin < c.inputs) << pin;
          pins.insert(pin);
          ++used[static_cast<std::size_t>(pin)];
        }
        EXPECT_EQ(pins.size(), static_cast<std::size_t>(c.fan_in))
            << c.inputs << " inputs, node " << u << ", seed " << seed;
      }
      const auto least = c.units * c.fan_in / c.inputs;
      for (const auto count : used) {
        EXPECT_TRUE(count == least || count == least + 1)
            << count << " instead of " << least << " with " << c.inputs << " inputs";
      }
    }
  }
}

TEST(RandomLayer, DependsOnTheSeedAloneAndDiffersFromTheLayerBefore) {
  PluginRig one(1), same(1), other(2);
  const auto mapping = mapping_of(layer(one, 50, 20, 6));
  EXPECT_TRUE(at::equal(mapping_of(layer(same, 50, 20, 6)), mapping));
  EXPECT_FALSE(at::equal(mapping_of(layer(other, 50, 20, 6)), mapping));
  EXPECT_FALSE(at::equal(mapping_of(layer(one, 50, 20, 6)), mapping));
}

TEST(RandomLayer, EvaluatesItsNodeOnItsMapping) {
  PluginRig rig;
  const auto made = layer(rig, 5, 2, 2);
  EXPECT_EQ(made.shape(table_of(made).output_shape), Shape{2});
  const auto mapping = mapping_of(made);
  const auto parameters = made.collect(table_of(made).parameters);
  ASSERT_EQ(parameters.size(), 1U);
  EXPECT_EQ(parameters[0].name, "node.w");
  const auto entries = parameters[0].tensor.sigmoid();  // [2, 4]
  const auto x = at::arange(15).view({3, 5}).to(at::kFloat) / 16;
  const auto a = x.index_select(1, mapping.select(1, 0)),
             b = x.index_select(1, mapping.select(1, 1));
  const auto expected = entries.select(1, 0) * (1 - a) * (1 - b) +
                        entries.select(1, 1) * a * (1 - b) + entries.select(1, 2) * (1 - a) * b +
                        entries.select(1, 3) * a * b;
  const auto y = forward(made, x);
  EXPECT_TRUE(at::allclose(y, expected, 0, 1e-6));  // float32, two ways
  const auto grads = torch::autograd::grad({y.sum()}, {parameters[0].tensor})[0];
  EXPECT_TRUE(at::allclose(
      grads, torch::autograd::grad({expected.sum()}, {parameters[0].tensor})[0], 0, 1e-6));
  EXPECT_TRUE(at::equal(made.make(table_of(made).truth_table), (entries > 0.5).to(at::kByte)));
}

TEST(RandomLayer, ReadsTheWiringThatIsCopiedIntoItsBuffer) {
  PluginRig rig;
  const auto from = layer(rig, 50, 20, 6), to = layer(rig, 50, 20, 6);
  const auto x = at::arange(100).view({2, 50}).to(at::kFloat) / 100;
  to.collect(table_of(to).parameters)
      .at(0)
      .tensor.detach()
      .copy_(from.collect(table_of(from).parameters).at(0).tensor.detach());
  EXPECT_FALSE(at::equal(forward(to, x), forward(from, x)));
  const auto source = from.collect(table_of(from).buffers), sink = to.collect(table_of(to).buffers);
  ASSERT_EQ(sink.size(), 1U);
  EXPECT_EQ(sink[0].name, "mapping");
  sink[0].tensor.copy_(source.at(0).tensor);
  EXPECT_TRUE(at::equal(forward(to, x), forward(from, x)));
  EXPECT_TRUE(at::equal(mapping_of(to), mapping_of(from)));
}

TEST(RandomLayer, WarnsOfInputsThatNothingReads) {
  PluginRig all, some;
  layer(all, 12, 2, 6);
  EXPECT_EQ(all.log().find("inputs"), std::string::npos) << all.log();
  layer(some, 15, 2, 6);
  EXPECT_NE(some.log().find("layer 3: 3 of 15 inputs are read by no table"), std::string::npos)
      << some.log();
}

template <class Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const StatusError& error) {
    EXPECT_EQ(error.code, CLH_E_INVALID);
    return error.what();
  }
  return "no error";
}

TEST(RandomLayer, RefusesFewerInputsThanPinsAndOtherWidths) {
  PluginRig rig;
  EXPECT_NE(refusal([&] {
              layer(rig, 5, 2, 6);
            }).find("[fan-in] expected at most 5, the inputs of the layer, found 6"),
            std::string::npos);
  const auto made = layer(rig, 12, 2, 6);
  EXPECT_EQ(refusal([&] {
              forward(made, at::zeros({3, 11}));
            }),
            "[layer] expected inputs [B, 12], found [3, 11]");
}

}  // namespace random_test
}  // namespace clh
