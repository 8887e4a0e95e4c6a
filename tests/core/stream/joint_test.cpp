#include "core/stream/joint.hpp"

#include <vector>

#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace joint_test {

using clh::core::build_joint;
using clh::core::JointOf;
using clh::core::JointOptions;
using clh::core::Scenario;
using Ints = std::vector<std::int64_t>;

TEST(Joint, TrainsTheTasksOfASplitTogether) {
  const TinyDataset dataset(4, 5, 1);
  JointOptions options;
  options.hold_out.validation = 0.2;
  const auto plan = build_joint(options, Scenario::kClassIl, dataset.labels, 0);
  ASSERT_EQ(plan.tasks.size(), 2U);
  EXPECT_EQ(plan.experiences, (std::vector<std::vector<int>>{{0, 1}}));
  EXPECT_EQ(plan.outputs_after, Ints{4});
  EXPECT_EQ(plan.tasks[1].classes, (Ints{2, 3}));
  EXPECT_EQ(plan.tasks[1].valid.size(), 2U);
}

TEST(Joint, KeepsTheTransformsOfTheTasks) {
  const TinyDataset dataset(2, 1, 1);
  JointOptions options;
  options.tasks = 3;
  options.of = JointOf::kPermuted;
  const auto permuted = build_joint(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_EQ(permuted.experiences, (std::vector<std::vector<int>>{{0, 1, 2}}));
  EXPECT_EQ(permuted.tasks[1].pixel_map, (std::vector<std::int32_t>{4, 2, 1, 3, 0, 5}));
  options.of = JointOf::kRotated;
  const auto rotated = build_joint(options, Scenario::kTaskIl, dataset.labels, 0);
  EXPECT_EQ(rotated.tasks[2].transform, "rotation 7.3°");
  EXPECT_EQ(rotated.outputs_after, Ints{6});
}

}  // namespace joint_test
