// The dataset that Debian ships, through the contract: sizes, types, labels, ranges.
#include <torch/torch.h>

#include "core/error.hpp"
#include "core/plugins/dataset_proxy.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace {

using clh::test::PluginRig;

TEST(DatasetContract, InfoHoldsWithoutFilesAndDataAgreesWithIt) {
  PluginRig rig;
  clh::core::DatasetProxy dataset(rig.run(), rig.choose(CLH_DATASET, "fashion-mnist"));
  const auto info = dataset.info();
  EXPECT_EQ(info.n_classes, 10);
  EXPECT_STREQ(info.classes[9], "ankle boot");
  EXPECT_NE(std::string(info.how), "");
  dataset.open();
  for (const int split : {CLH_TRAIN, CLH_TEST}) {
    const auto data = dataset.load(split);
    const std::int64_t n = split == CLH_TRAIN ? 60000 : 10000;
    EXPECT_EQ(data.inputs.sizes(), (std::vector<std::int64_t>{n, 1, 28, 28}));
    EXPECT_EQ(data.inputs.scalar_type(), torch::kByte);
    EXPECT_EQ(data.labels.scalar_type(), torch::kLong);
    // Balanced by construction: 6000 and 1000 of each class.
    EXPECT_TRUE(torch::equal(torch::bincount(data.labels), torch::full({10}, n / 10)));
    EXPECT_EQ(data.inputs.max().item<int>(), 255);
    // The published mean and deviation of the training split, four digits.
    if (split == CLH_TRAIN) {
      EXPECT_NEAR(data.inputs.to(torch::kDouble).mean().item<double>() / 255, info.mean[0], 5e-5);
      EXPECT_NEAR(data.inputs.to(torch::kDouble).std().item<double>() / 255, info.std[0], 5e-5);
    }
  }
}

TEST(DatasetContract, MissingFilesSayWhatToDo) {
  PluginRig rig;
  clh::core::DatasetProxy dataset(
      rig.run(), rig.choose(CLH_DATASET, "mnist",
                            clh::test::options({{"root", {std::string("/nonexistent/folder")}}})));
  EXPECT_EQ(dataset.info().n_classes, 10);
  try {
    dataset.open();
    FAIL() << "expected an error";
  } catch (const clh::core::Error& e) {
    EXPECT_EQ(e.slug(), "missing-data");
    EXPECT_EQ(e.exit_code(), clh::core::kExitUsage);
    EXPECT_NE(std::string(e.what()).find("/nonexistent/folder"), std::string::npos) << e.what();
    EXPECT_FALSE(e.fix().empty());
  }
}

}  // namespace
