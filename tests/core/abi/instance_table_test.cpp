#include "core/abi/instance_table.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace clh::core {
namespace instance_table_test {

clh_backbone_vt backbone() {
  clh_backbone_vt vt{};
  vt.struct_size = sizeof vt;
  vt.destroy = [](void*) {};
  vt.features = [](void*, const clh_tensor*, clh_tensor**, clh_error*) -> clh_status { return 1; };
  vt.feature_shape = [](void*, clh_shape*) {};
  vt.parameters = [](void*, const clh_tensor_sink*, clh_error*) -> clh_status { return 2; };
  vt.buffers = [](void*, const clh_tensor_sink*, clh_error*) -> clh_status { std::abort(); };
  vt.set_training = [](void*, std::int32_t, clh_error*) -> clh_status { std::abort(); };
  vt.after_step = [](void*, clh_error*) -> clh_status { std::abort(); };
  return vt;
}

TEST(InstanceTable, OfThisMinorIsCopied) {
  const auto vt = backbone();
  const InstanceTable table(CLH_BACKBONE, &vt);
  EXPECT_EQ(table.defect(), "");
  EXPECT_EQ(table.as<clh_backbone_vt>().after_step, vt.after_step);
}

TEST(InstanceTable, OfAnOlderMinorEndsInNulls) {
  auto vt = backbone();
  vt.struct_size = offsetof(clh_backbone_vt, buffers);  // what follows is not the table's
  const InstanceTable table(CLH_BACKBONE, &vt);
  EXPECT_EQ(table.defect(), "");
  const auto& read = table.as<clh_backbone_vt>();
  EXPECT_EQ(read.struct_size, sizeof(clh_backbone_vt));
  EXPECT_EQ(read.parameters, vt.parameters);
  EXPECT_EQ(read.buffers, nullptr);
  EXPECT_EQ(read.set_training, nullptr);
  EXPECT_EQ(read.after_step, nullptr);
}

TEST(InstanceTable, TakesNoHalfMember) {
  auto vt = backbone();
  vt.struct_size = offsetof(clh_backbone_vt, buffers) + 4;
  const InstanceTable table(CLH_BACKBONE, &vt);
  EXPECT_EQ(table.as<clh_backbone_vt>().buffers, nullptr);
}

TEST(InstanceTable, OfANewerMinorLosesWhatThisHostDoesNotKnow) {
  struct {
    clh_backbone_vt vt = backbone();
    clh_call_fn* prune = nullptr;
  } newer;
  newer.vt.struct_size = sizeof newer;
  const InstanceTable table(CLH_BACKBONE, &newer);
  EXPECT_EQ(table.defect(), "");
  EXPECT_EQ(table.as<clh_backbone_vt>().struct_size, sizeof(clh_backbone_vt));
}

TEST(InstanceTable, ShorterThanItsRequiredPartIsADefect) {
  auto vt = backbone();
  vt.struct_size = offsetof(clh_backbone_vt, parameters);
  EXPECT_EQ(InstanceTable(CLH_BACKBONE, &vt).defect(),
            "expected a table of 40 bytes or more, found 32");
  vt.struct_size = 0;
  EXPECT_EQ(InstanceTable(CLH_BACKBONE, &vt).defect(),
            "expected a table of 40 bytes or more, found 0");
}

TEST(InstanceTable, WithoutARequiredFunctionIsADefect) {
  auto vt = backbone();
  vt.feature_shape = nullptr;
  EXPECT_EQ(InstanceTable(CLH_BACKBONE, &vt).defect(),
            "expected the required function feature_shape, found none");
  clh_dataset_vt dataset{};
  dataset.struct_size = sizeof dataset;
  EXPECT_EQ(InstanceTable(CLH_DATASET, &dataset).defect(),
            "expected the required function destroy, found none");
}

}  // namespace instance_table_test
}  // namespace clh::core
