// Thermometer through its .so: thresholds and bits computed by hand.
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <limits>
#include <memory>
#include <string>

#include "core/instances/plugin_instance.hpp"
#include "core/state/state_record.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace thermometer_test {

using clh::core::ConfigValue;
using clh::core::PluginInstance;
using clh::test::error_of;

/// [N, D] float32.
at::Tensor matrix(std::initializer_list<std::initializer_list<float>> rows) {
  std::vector<at::Tensor> list;
  for (const auto& row : rows) {
    list.push_back(at::tensor(at::ArrayRef<float>(row)));
  }
  return at::stack(list);
}

class Thermometer : public testing::Test {
 protected:
  /// Creates the encoder for samples of `dims`.
  void make(std::initializer_list<std::int64_t> dims, std::int64_t bits,
            const std::string& per = "feature") {
    const clh_encoder_spec spec{sizeof(clh_encoder_spec), 0, clh::Shape(dims).c_shape(), 0, 1};
    const auto& factory = plugins_.choose(CLH_ENCODER, "thermometer",
                                          clh::test::options({{"bits", {bits}}, {"per", {per}}}));
    encoder_ = std::make_unique<PluginInstance>(plugins_.run(), factory, &spec);
  }
  const clh_encoder_vt& table() { return encoder_->table<clh_encoder_vt>(); }
  void fit(const at::Tensor& x) { encoder_->call("fit", table().fit, clh::lend(x)); }
  at::Tensor encode(const at::Tensor& x) {
    return encoder_->make("encode", table().encode, clh::lend(x));
  }
  /// The bits of one feature of one sample as text, lowest threshold first.
  std::string bits_of(float value) {
    std::string text;
    const auto bits = encode(at::full({1, 1}, value, at::kFloat)).flatten();
    for (std::int64_t i = 0; i < bits.size(0); ++i) {
      text += bits[i].item<std::uint8_t>() == 1 ? '1' : '0';
    }
    return text;
  }

  clh::test::PluginRig plugins_;
  std::unique_ptr<PluginInstance> encoder_;
};

TEST_F(Thermometer, ThresholdsAreEvenlySpacedAndTiesAreZero) {
  make({1}, 3);
  fit(matrix({{4}, {0}, {1}}));  // thresholds 1, 2, 3
  EXPECT_EQ(bits_of(0), "000");
  EXPECT_EQ(bits_of(1), "000");
  EXPECT_EQ(bits_of(1.5F), "100");
  EXPECT_EQ(bits_of(3), "110");
  EXPECT_EQ(bits_of(3.5F), "111");
}

TEST_F(Thermometer, BitsOfAFeatureAreAdjacentAndTheShapeIsKept) {
  make({1, 2}, 2);
  clh_shape shape{};
  table().output_shape(encoder_->self(), &shape);
  EXPECT_EQ(clh::Shape(shape), (clh::Shape{1, 2, 2}));
  fit(matrix({{0, 0}, {3, 30}}).view({2, 1, 2}));  // thresholds 1, 2 and 10, 20
  const auto bits = encode(matrix({{1.5F, 25}, {2.5F, 5}}).view({2, 1, 2}));
  EXPECT_EQ(bits.scalar_type(), at::kByte);
  const auto expected = at::tensor({1, 0, 1, 1, 1, 1, 0, 0}, at::kByte).view({2, 1, 2, 2});
  EXPECT_TRUE(at::equal(bits, expected)) << bits;
}

TEST_F(Thermometer, GlobalScopeHasOneRangeForAllFeatures) {
  make({2}, 2, "global");
  fit(matrix({{0, 10}, {3, 30}}));  // thresholds 10, 20 for both
  const auto bits = encode(matrix({{15, 15}}));
  EXPECT_TRUE(at::equal(bits, at::tensor({1, 0, 1, 0}, at::kByte).view({1, 2, 2}))) << bits;
}

TEST_F(Thermometer, AConstantFeatureIsZeroOnItsOwnDataAndOthersSaturate) {
  make({1}, 2);
  fit(matrix({{5}, {5}}));
  EXPECT_EQ(bits_of(5), "00");
  EXPECT_EQ(bits_of(6), "11");
  EXPECT_EQ(bits_of(-6), "00");
  EXPECT_EQ(bits_of(std::numeric_limits<float>::infinity()), "11");
}

TEST_F(Thermometer, OneSampleIsEnough) {
  make({1}, 255);
  fit(matrix({{2}}));
  EXPECT_EQ(bits_of(2), std::string(255, '0'));
}

TEST_F(Thermometer, FittingAgainReplacesTheThresholds) {
  make({1}, 2);
  fit(matrix({{0}, {3}}));
  fit(matrix({{0}, {30}}));  // thresholds 10, 20
  EXPECT_EQ(bits_of(15), "10");
}

TEST_F(Thermometer, TheWholeRangeOfFloatsHasFiniteThresholds) {
  constexpr float kMost = std::numeric_limits<float>::max();
  make({1}, 1);
  fit(matrix({{-kMost}, {kMost}}));  // threshold 0
  EXPECT_EQ(bits_of(-1), "0");
  EXPECT_EQ(bits_of(1), "1");
}

TEST_F(Thermometer, NanGivesZeroBitsAndAWarning) {
  make({1}, 2);
  fit(matrix({{-3}, {0}}));
  EXPECT_EQ(bits_of(std::numeric_limits<float>::quiet_NaN()), "00");
  EXPECT_NE(plugins_.log().find("1 NaN encoded as zero bits"), std::string::npos);
}

TEST_F(Thermometer, BadDataAreRefused) {
  make({2}, 2);
  const std::string who = "org.clh.thermometer 0.1.0 in ";
  EXPECT_EQ(error_of([&] {
              encode(matrix({{1, 2}}));
            }).what(),
            who + "encode: [encode] expected an encoder after fit, found one before it");
  const float infinite = std::numeric_limits<float>::infinity();
  EXPECT_EQ(error_of([&] {
              fit(matrix({{1, 2}, {1, infinite}}));
            }).what(),
            who + "fit: [fit] expected finite values, found inf at sample 1, feature 1");
  EXPECT_EQ(error_of([&] {
              fit(at::empty({0, 2}));
            }).what(),
            who + "fit: [fit] expected at least 1 sample, found 0");
  EXPECT_NE(std::string(error_of([&] {
                          fit(matrix({{1, 2, 3}}));
                        }).what())
                .find("found 3"),
            std::string::npos);
  // A refused fit leaves the encoder as it was.
  EXPECT_EQ(error_of([&] { encode(matrix({{1, 2}})); }).exit_code(), clh::core::kExitUsage);
}

TEST_F(Thermometer, OptionsAreBounded) {
  EXPECT_EQ(error_of([&] { make({1}, 0); }).slug(), "bad-option");
  EXPECT_EQ(error_of([&] { make({1}, 256); }).slug(), "bad-option");
  EXPECT_EQ(error_of([&] { make({1}, 1, "pixel"); }).slug(), "bad-option");
}

TEST_F(Thermometer, StateGivesTheSameBitsWithoutData) {
  make({1}, 3);
  fit(matrix({{0}, {4}}));
  clh::core::StateRecord record;
  const clh::core::StateWriter writer(record);
  clh::Archive saved(writer.table());
  encoder_->state(saved);

  make({1}, 3);
  const clh::core::StateReader reader(record);
  clh::Archive loaded(reader.table(), 1);
  encoder_->state(loaded);
  EXPECT_EQ(bits_of(2.5F), "110");

  make({1}, 2);  // of another size
  const clh::core::StateReader again(record);
  clh::Archive wrong(again.table(), 1);
  EXPECT_EQ(
      error_of([&] { encoder_->state(wrong); }).what(),
      std::string("org.clh.thermometer 0.1.0 in load: [state] expected 2 thresholds, found 3"));
}

}  // namespace thermometer_test
