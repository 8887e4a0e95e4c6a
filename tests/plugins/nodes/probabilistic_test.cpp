#include <clh/component.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_right_shift.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>

#include "tests/support/error_of.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace clh {
namespace probabilistic_test {
using core::ConfigValue;
using test::options;
using test::PluginRig;

Instance node(PluginRig& rig, std::int64_t units, std::int32_t fan_in,
              const core::ConfigTable& user = {}) {
  return rig.create(CLH_NODE, "probabilistic", clh_node_spec{0, fan_in, units}, user);
}

const clh_node_vt& table_of(const Instance& node) {
  return node.table<clh_node_vt>();
}
at::Tensor tables(const Instance& node) {
  return node.make(table_of(node).table);
}

at::Tensor weights(const Instance& node) {
  const auto parameters = node.collect(table_of(node).parameters);
  EXPECT_EQ(parameters.size(), 1U);
  EXPECT_EQ(parameters.at(0).name, "w");
  return parameters.at(0).tensor;
}

at::Tensor forward(const Instance& node, const at::Tensor& x, const at::Tensor& mapping) {
  clh_tensor* y = nullptr;
  call(table_of(node).forward, node.self(), lend(x), lend(mapping), &y);
  return adopt(y);
}

/// All corners of k pins [2^k, k], pin 0 fastest.
at::Tensor corners(std::int64_t fan_in) {
  const auto address = at::arange(std::int64_t{1} << fan_in).unsqueeze(1);
  return at::bitwise_and(at::bitwise_right_shift(address, at::arange(fan_in)), 1).to(at::kFloat);
}

TEST(Probabilistic, GivesItsTableAtTheCornersAndItsTruthTableAboveOneHalf) {
  PluginRig rig;
  for (std::int32_t fan_in = 1; fan_in <= 8; ++fan_in) {
    const auto made = node(rig, 5, fan_in);
    const auto mapping = at::arange(fan_in, at::kInt).repeat({5, 1});
    const auto y = forward(made, corners(fan_in), mapping);  // [2^k, 5]
    EXPECT_TRUE(at::equal(y.t(), tables(made))) << "k = " << fan_in;
    const auto truth = made.make(table_of(made).truth_table);
    EXPECT_EQ(truth.scalar_type(), at::kByte);
    EXPECT_TRUE(at::equal(truth, (y.t() > 0.5).to(at::kByte))) << "k = " << fan_in;
    EXPECT_TRUE(at::equal(truth, (weights(made) > 0).to(at::kByte))) << "k = " << fan_in;
  }
}

TEST(Probabilistic, DividesItsLogitsByTheTemperature) {
  PluginRig rig;
  const auto made = node(rig, 3, 2, options({{"tau", ConfigValue{0.5}}}));
  const auto w = weights(made);
  EXPECT_TRUE(w.is_leaf() && w.requires_grad());
  const auto t = tables(made);
  EXPECT_TRUE(at::allclose(t, 1 / (1 + (-2 * w).exp()), 0, 1e-6));  // float32, two ways
  const auto grad = torch::autograd::grad({t.sum()}, {w})[0];
  EXPECT_TRUE(at::allclose(grad, 2 * t * (1 - t), 0, 1e-6));
}

TEST(Probabilistic, StartsFromTheStandardNormalDistribution) {
  PluginRig rig;
  const auto user = options({{"init", ConfigValue{std::string("normal")}}});
  const auto w = weights(node(rig, 1000, 6, user));
  EXPECT_NEAR(w.mean().item<double>(), 0, 0.02);  // 64 000 draws: standard errors 0.004, 0.003
  EXPECT_NEAR(w.std().item<double>(), 1, 0.02);
}

TEST(Probabilistic, PassesPinZeroOnAtAResidualStart) {
  PluginRig rig;
  for (const double tau : {1.0, 4.0}) {
    const auto user =
        options({{"tau", ConfigValue{tau}}, {"init", ConfigValue{std::string("residual")}}});
    const auto expected = at::tensor({0.05F, 0.95F, 0.05F, 0.95F}).expand({3, 4});
    EXPECT_TRUE(at::allclose(tables(node(rig, 3, 2, user)), expected, 0, 1e-6)) << tau;
  }
}

TEST(Probabilistic, DependsOnTheSeedAlone) {
  PluginRig one(1), same(1), other(2);
  const auto user = options({{"init", ConfigValue{std::string("normal")}}});
  const auto w = weights(node(one, 4, 3, user));
  EXPECT_TRUE(at::equal(weights(node(same, 4, 3, user)), w));
  EXPECT_FALSE(at::equal(weights(node(other, 4, 3, user)), w));
}

// One creator's second node of the same component has a stream of its own.
TEST(Probabilistic, TwoNodesOfOneCreatorDiffer) {
  PluginRig rig;
  const auto& factory = rig.choose(CLH_NODE, "probabilistic",
                                   options({{"init", ConfigValue{std::string("normal")}}}));
  const clh_node_spec spec{sizeof(clh_node_spec), 3, 4};
  const auto first = rig.create(factory, spec), second = rig.create(factory, spec);
  EXPECT_FALSE(at::equal(weights(first), weights(second)));
}

TEST(Probabilistic, RefusesATemperatureOfZero) {
  PluginRig rig;
  const auto error = test::error_of([&] { node(rig, 3, 2, options({{"tau", ConfigValue{0.0}}})); });
  EXPECT_EQ(error.slug(), "bad-option");
  EXPECT_NE(std::string(error.what()).find("tau"), std::string::npos) << error.what();
}

}  // namespace probabilistic_test
}  // namespace clh
