// Encoder, node and layer through their contracts, by way of the C tables.
#include <torch/torch.h>

#include "core/run/state_tree.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace {

using clh::Instance;
using clh::test::PluginRig;

clh_shape flat(std::int64_t n) {
  clh_shape shape{};
  shape.rank = 1;
  shape.dim[0] = n;
  return shape;
}

Instance make_node(PluginRig& rig, std::int32_t pins, std::int64_t units) {
  clh_node_spec spec{};
  spec.fan_in = pins;
  spec.units = units;
  return rig.create(CLH_NODE, "probabilistic", spec);
}

at::Tensor node_forward(const Instance& node, const at::Tensor& x, const at::Tensor& mapping) {
  clh_tensor* y = nullptr;
  clh::call(node.table<clh_node_vt>().forward, node.self(), clh::lend(x), clh::lend(mapping), &y);
  return clh::adopt(y);
}

TEST(NodeContract, CornersEqualTheTableAndTheTruthTable) {
  PluginRig rig;
  for (const int k : {1, 3, 6, 8}) {
    const std::int64_t units = 5, entries = std::int64_t{1} << k;
    const auto node = make_node(rig, k, units);
    const auto address = torch::arange(entries).unsqueeze(1);
    const auto corners =
        address.bitwise_right_shift(torch::arange(k)).bitwise_and(1).to(torch::kFloat);
    const auto mapping = torch::arange(k, torch::kInt).expand({units, k}).contiguous();
    const auto y = node_forward(node, corners, mapping);  // [2^k, U]
    const auto table = node.make(node.table<clh_node_vt>().table);
    EXPECT_TRUE(torch::equal(y.t().contiguous(), table)) << k;
    const auto truth = node.make(node.table<clh_node_vt>().truth_table);
    EXPECT_EQ(truth.scalar_type(), torch::kByte);
    EXPECT_TRUE(torch::equal(truth, (table > 0.5).to(torch::kByte))) << k;
  }
}

TEST(NodeContract, RefusesWrongInputs) {
  PluginRig rig;
  const auto node = make_node(rig, 2, 3);
  const auto mapping = torch::zeros({3, 2}, torch::kInt);
  EXPECT_ANY_THROW(node_forward(node, torch::rand({4, 2}, torch::kDouble), mapping));
  EXPECT_ANY_THROW(node_forward(node, torch::rand({4, 2}), mapping + 2));
  EXPECT_ANY_THROW(node_forward(node, torch::rand({4, 2}), mapping.to(torch::kLong)));
}

TEST(LayerContract, MappingIsLegalAndOutputsHaveTheDeclaredShape) {
  PluginRig rig;
  clh_layer_spec spec{};
  spec.input = flat(40);
  spec.units = 16;
  const auto layer = rig.create(CLH_LAYER, "random", spec);
  const auto& table = layer.table<clh_layer_vt>();
  const auto mapping = layer.make(table.mapping);
  EXPECT_EQ(mapping.scalar_type(), torch::kInt);
  EXPECT_EQ(mapping.size(0), 16);
  EXPECT_GE(mapping.min().item<int>(), 0);
  EXPECT_LT(mapping.max().item<int>(), 40);
  EXPECT_EQ(layer.shape(table.output_shape).numel(), 16);
  const auto y = layer.map(table.forward, torch::rand({7, 40}));
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{7, 16}));
  y.sum().backward();
  for (const auto& parameter : layer.collect(table.parameters)) {
    EXPECT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
  }
  EXPECT_FALSE(layer.collect(table.buffers).empty());
}

TEST(LayerContract, TheSeedChoosesTheWiring) {
  const auto mapping_of = [](std::uint64_t seed) {
    PluginRig rig(seed);
    clh_layer_spec spec{};
    spec.input = flat(40);
    spec.units = 16;
    const auto layer = rig.create(CLH_LAYER, "random", spec);
    return layer.make(layer.table<clh_layer_vt>().mapping).clone();
  };
  EXPECT_TRUE(torch::equal(mapping_of(0), mapping_of(0)));
  EXPECT_FALSE(torch::equal(mapping_of(0), mapping_of(1)));
}

TEST(EncoderContract, BitsAreBinaryInTheDeclaredShapeAndSurviveTheirState) {
  PluginRig rig;
  clh_encoder_spec spec{};
  spec.input = flat(12);
  spec.high = 1.0;
  auto encoder = rig.create(CLH_ENCODER, "thermometer", spec);
  const auto& table = encoder.table<clh_encoder_vt>();
  torch::manual_seed(0);
  const auto x = torch::rand({50, 12});
  EXPECT_ANY_THROW(encoder.map(table.encode, x));  // not fitted yet
  clh::call(table.fit, encoder.self(), clh::lend(x));
  const auto bits = encoder.map(table.encode, x);
  EXPECT_EQ(bits.scalar_type(), torch::kByte);
  EXPECT_EQ(bits.numel(), 50 * encoder.shape(table.output_shape).numel());
  EXPECT_LE(bits.max().item<int>(), 1);

  clh::core::StateRecord record;
  clh::core::save_state(encoder, record);
  auto other = rig.create(CLH_ENCODER, "thermometer", spec);
  clh::core::load_state(other, record);
  EXPECT_TRUE(torch::equal(other.map(table.encode, x), bits));
}

}  // namespace
