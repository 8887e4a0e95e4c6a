#include <clh/component.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bitwise_xor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <memory>
#include <string>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace clh {
namespace lut_test {
using core::ConfigList;
using core::ConfigValue;
using test::options;
using test::PluginRig;

ConfigValue list(std::vector<std::int64_t> numbers) {
  ConfigList values;
  for (const auto number : numbers) {
    values.push_back(ConfigValue{number});
  }
  return ConfigValue{values};
}

/// A backbone over samples [2, 3] with 4 bits a value: 24 bits.
Instance backbone(PluginRig& rig, std::vector<std::int64_t> widths = {12, 5}) {
  clh_backbone_spec spec{};
  spec.input = Shape{2, 3}.c_shape();
  spec.high = 1;
  const auto encoder = options(
      {{"name", ConfigValue{std::string("thermometer")}}, {"bits", ConfigValue{std::int64_t{4}}}});
  const auto layer = options({{"fan-in", ConfigValue{std::int64_t{4}}}});
  return rig.create(CLH_BACKBONE, "lut", spec,
                    options({{"encoder", ConfigValue{encoder}},
                             {"layer", ConfigValue{layer}},
                             {"widths", list(std::move(widths))}}));
}

const clh_backbone_vt& table_of(const Instance& lut) {
  return lut.table<clh_backbone_vt>();
}
const clh_backbone_encoder_ext& encoder_of(const Instance& lut) {
  return *lut.extension<clh_backbone_encoder_ext>("clh.backbone.encoder/1");
}
at::Tensor features(const Instance& lut, const at::Tensor& x) {
  return lut.map(table_of(lut).features, x);
}
void fit(const Instance& lut, const at::Tensor& x) {
  call(encoder_of(lut).fit, lut.self(), lend(x));
}
std::vector<NamedTensor> parameters(const Instance& lut) {
  return lut.collect(table_of(lut).parameters);
}
std::vector<NamedTensor> buffers(const Instance& lut) {
  return lut.collect(table_of(lut).buffers);
}

/// x [8, 2, 3] in [0, 1).
at::Tensor samples() {
  return (at::arange(48).to(at::kFloat) * 0.61803399F).remainder(1).view({8, 2, 3});
}

TEST(LutBackbone, NamesItsTensorsInTheOrderOfTheLayers) {
  PluginRig rig;
  const auto lut = backbone(rig);
  EXPECT_EQ(lut.shape(table_of(lut).feature_shape), Shape{5});
  const auto leaves = parameters(lut), wires = buffers(lut);
  ASSERT_EQ(leaves.size(), 2U);
  EXPECT_EQ(leaves[0].name, "layer0.node.w");
  EXPECT_EQ(leaves[0].tensor.sizes(), (std::vector<std::int64_t>{12, 16}));
  EXPECT_EQ(leaves[1].name, "layer1.node.w");
  EXPECT_EQ(leaves[1].tensor.sizes(), (std::vector<std::int64_t>{5, 16}));
  ASSERT_EQ(wires.size(), 2U);
  EXPECT_EQ(wires[0].name, "layer0.mapping");
  EXPECT_EQ(wires[1].name, "layer1.mapping");
  EXPECT_EQ(parameters(lut)[0].tensor.unsafeGetTensorImpl(),
            leaves[0].tensor.unsafeGetTensorImpl());
}

TEST(LutBackbone, ReadsAParameterWhoseStorageTheHostMoved) {
  PluginRig rig;
  const auto lut = backbone(rig);
  fit(lut, samples());
  const auto before = features(lut, samples());
  auto leaf = parameters(lut)[1].tensor;
  const auto arena = leaf.detach().clone();
  leaf.set_data(arena);
  EXPECT_TRUE(at::equal(features(lut, samples()), before));
  arena.fill_(100);  // sigmoid(100) = 1 in float32
  EXPECT_TRUE(at::equal(features(lut, samples()), at::ones({8, 5})));
}

TEST(LutBackbone, TakesItsOwnBitsForSamples) {
  PluginRig rig;
  const auto lut = backbone(rig);
  fit(lut, samples());
  const auto bits = lut.map(encoder_of(lut).encode, samples());
  EXPECT_EQ(bits.scalar_type(), at::kByte);
  EXPECT_EQ(bits.sizes(), (std::vector<std::int64_t>{8, 24}));
  const auto y = features(lut, samples());
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{8, 5}));
  EXPECT_TRUE(y.is_contiguous());
  EXPECT_TRUE(at::equal(features(lut, bits), y));
  for (const std::int64_t batch : {1, 63, 64, 65}) {  // the same samples again and again
    const auto index = at::arange(batch).remainder(8);
    EXPECT_TRUE(
        at::equal(features(lut, samples().index_select(0, index)), y.index_select(0, index)))
        << "B = " << batch;
  }
}

TEST(LutBackbone, CopiesByParametersBuffersAndState) {
  PluginRig rig, other(7);
  auto from = backbone(rig), to = backbone(other);
  fit(from, samples());
  const auto leaves = parameters(from), wires = buffers(from);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    parameters(to)[i].tensor.detach().copy_(leaves[i].tensor.detach());
    buffers(to)[i].tensor.copy_(wires[i].tensor);
  }
  core::StateRecord record;
  core::save_state(from, record);
  core::load_state(to, record);
  EXPECT_TRUE(at::equal(features(to, samples()), features(from, samples())));
}

TEST(LutBackbone, DependsOnTheSeedAlone) {
  PluginRig one(1), same(1), other(2);
  const auto first = backbone(one), second = backbone(same), third = backbone(other);
  for (const auto* lut : {&first, &second, &third}) {
    fit(*lut, samples());
  }
  EXPECT_TRUE(at::equal(features(first, samples()), features(second, samples())));
  EXPECT_FALSE(at::equal(features(first, samples()), features(third, samples())));
}

// Gradient descent on the tables alone learns a parity of two bits, which no single bit tells.
TEST(LutBackbone, LearnsAnExclusiveOrOfTwoBits) {
  PluginRig rig;
  const auto lut = backbone(rig, {64, 32});
  const auto x = at::cat({samples(), 1 - samples(), samples().flip(0)}).contiguous();  // [24, 2, 3]
  fit(lut, x);
  const auto bits = lut.map(encoder_of(lut).encode, x);
  const auto target = at::bitwise_xor(bits.select(1, 1), bits.select(1, 17)).to(at::kFloat);
  const auto loss = [&] { return (features(lut, x).mean(1) - target).square().mean(); };
  const double before = loss().item<double>();
  for (int step = 0; step < 300; ++step) {
    loss().backward();
    for (const auto& leaf : parameters(lut)) {
      leaf.tensor.detach().sub_(leaf.tensor.grad(), 100);
      leaf.tensor.grad().zero_();
    }
  }
  EXPECT_LT(loss().item<double>(), 0.2 * before) << "from " << before;
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

TEST(LutBackbone, RefusesFeaturesBeforeFitWrongBitsAndNoLayer) {
  PluginRig rig;
  const auto lut = backbone(rig);
  const std::string early = "[lut] expected fit before features, found an encoder without it";
  EXPECT_EQ(refusal([&] { features(lut, samples()); }), early);
  fit(lut, samples());
  EXPECT_EQ(refusal([&] {
              features(lut, at::zeros({3, 23}, at::kByte));
            }),
            "[lut] expected bits [B, 24], found [3, 23]");
  EXPECT_NE(refusal([&] { backbone(rig, {}); }).find("[widths] expected at least one layer"),
            std::string::npos);
}

}  // namespace lut_test
}  // namespace clh
