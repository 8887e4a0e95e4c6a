#include "core/stream/describe_plan.hpp"

#include <string>

#include "core/stream/class_split.hpp"
#include "core/stream/rotated.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace describe_plan_test {

using clh::core::describe_plan;
using clh::core::hash;
using clh::core::Scenario;

TEST(DescribePlan, ShowsOneAlignedRowPerTask) {
  TinyDataset dataset(4, 5, 1);
  dataset.labels.class_names = {"t-shirt", "trouser", "bag", "boot"};
  const auto plan = build_class_split({}, Scenario::kClassIl, dataset.labels, 0);
  EXPECT_EQ(describe_plan(plan, dataset.labels),
            "class-il stream: 2 tasks, 2 experiences, 4 outputs, samples 1x2x3\n"
            "task  classes           outputs  train  test  valid  transform  first samples   hash\n"
            "   0  t-shirt, trouser  0..1        10     2      0  none       0 1 4 5 8 ...   " +
                hash(plan.tasks[0]).substr(0, 12) +
                "\n"
                "   1  bag, boot         2..3        10     2      0  none       2 3 6 7 10 ...  " +
                hash(plan.tasks[1]).substr(0, 12) + "\nhash " + hash(plan) + "\n");
}

TEST(DescribePlan, ShortensLongListsAndCountsCharacters) {
  const TinyDataset dataset(6, 1, 1, {1, 2, 2});
  clh::core::RotatedOptions options;
  options.angles = clh::core::Angles::kExplicit;
  options.angle_list = {5, 90};
  const auto plan = build_rotated(options, Scenario::kDomainIl, dataset.labels, 0);
  const std::string text = describe_plan(plan, dataset.labels);
  EXPECT_NE(text.find("  transform       first samples  "), std::string::npos) << text;
  EXPECT_NE(text.find("   0  0, 1, 2, 3, 4, ... (6)  0..5         6     6      0  rotation 5.0°   "
                      "0 1 2 3 4 ...  " +
                      hash(plan.tasks[0]).substr(0, 12)),
            std::string::npos)
      << text;
}

}  // namespace describe_plan_test
