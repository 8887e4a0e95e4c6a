// What the host takes from a dataset of the SDK, floats and labels beyond a byte among it, and what
// it refuses.
#include "core/instances/dataset_proxy.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include <cstdint>
#include <string>

#include "tests/support/error_of.hpp"
#include "tests/support/places.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace dataset_proxy_test {

using clh::core::DatasetProxy;
using clh::test::error_of;

class DatasetProxyTest : public testing::Test {
 protected:
  const clh_factory& features(const std::string& flaw) {
    return plugins_.choose(CLH_DATASET, "features", clh::test::options({{"flaw", {flaw}}}));
  }
  /// The error of loading the training split of 600 samples with a flaw.
  clh::core::Error refusal(const std::string& flaw) {
    DatasetProxy dataset(plugins_.run(), features(flaw));
    dataset.open();
    return error_of([&] { static_cast<void>(dataset.load(CLH_TRAIN)); });
  }

  clh::test::PluginRig plugins_{0, {clh::test::in_build("tests/plugins/features.so")}};
};

const std::string kPlugin = "org.clh.test.features 0.1.0 in ";

TEST_F(DatasetProxyTest, FloatsOfThreeHundredClassesArriveAsTheyAre) {
  DatasetProxy dataset(plugins_.run(), features("none"));
  dataset.open();
  EXPECT_EQ(dataset.info().dtype, CLH_F32);
  EXPECT_EQ(dataset.info().n_classes, 300);
  EXPECT_EQ(dataset.info().low, -1);
  EXPECT_EQ(dataset.info().high, 1.1);
  const auto train = dataset.load(CLH_TRAIN), test = dataset.load(CLH_TEST);
  EXPECT_EQ(train.inputs.scalar_type(), at::kFloat);
  EXPECT_EQ(train.inputs.sizes(), (at::IntArrayRef{600, 8}));
  EXPECT_TRUE(at::equal(train.labels, at::arange(600, at::kLong).remainder(300)));
  EXPECT_TRUE(at::equal(test.labels, at::arange(300, at::kLong)));
  // The formula of the plugin's head: 299 * 9 mod 307 = 235.
  EXPECT_EQ(test.inputs[299][1].item<float>(), 235.F / 153.5F - 1);
  EXPECT_TRUE(at::equal(train.inputs.narrow(0, 0, 300), test.inputs));
}

TEST_F(DatasetProxyTest, AnotherTypeThanInfoSaysIsRefused) {
  const auto error = refusal("dtype");
  EXPECT_EQ(error.what(), kPlugin +
                              "load: expected, by its info, uint8 inputs [600, 8] and int64 labels "
                              "[600], found float32 inputs [600, 8] and int64 labels [600]");
  EXPECT_EQ(error.exit_code(), clh::core::kExitPlugin);
}

TEST_F(DatasetProxyTest, FewerLabelsThanSamplesAreRefused) {
  EXPECT_EQ(refusal("count").what(),
            kPlugin +
                "load: expected, by its info, float32 inputs [599, 8] and int64 labels [599], "
                "found float32 inputs [600, 8] and int64 labels [599]");
}

TEST_F(DatasetProxyTest, AnArrayOfFewerValuesThanItsShapeIsRefused) {
  const auto error = refusal("size");
  EXPECT_EQ(error.what(),
            kPlugin + "load: [array] expected 4800 values for shape [600, 8], found 4799");
  EXPECT_EQ(error.exit_code(), clh::core::kExitPlugin);
}

TEST_F(DatasetProxyTest, FloatsWithoutARangeAreRefused) {
  const auto error = error_of([&] { DatasetProxy dataset(plugins_.run(), features("no-range")); });
  EXPECT_EQ(error.what(),
            kPlugin + "create: [dataset] expected the range of float32 values in info, found none");
  EXPECT_EQ(error.exit_code(), clh::core::kExitPlugin);
}

TEST_F(DatasetProxyTest, DataThatCannotBeAreNamed) {
  EXPECT_EQ(refusal("nan").what(),
            std::string("dataset features: expected finite values, found nan in sample 5"));
  EXPECT_EQ(refusal("label").what(),
            std::string("dataset features: expected labels 0 to 299, found 300"));
  EXPECT_EQ(refusal("nan").slug(), "bad-data");
  EXPECT_EQ(refusal("nan").exit_code(), clh::core::kExitUsage);
}

}  // namespace dataset_proxy_test
