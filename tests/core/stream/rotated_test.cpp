#include "core/stream/rotated.hpp"

#include <algorithm>
#include <vector>

#include "tests/core/stream/refusal.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace rotated_test {

using clh::core::Angles;
using clh::core::build_rotated;
using clh::core::RotatedOptions;
using clh::core::rotation_map;
using clh::core::Scenario;
using Map = std::vector<std::int32_t>;
using Texts = std::vector<std::string>;

Texts transforms(const RotatedOptions& options, std::uint64_t seed) {
  const TinyDataset dataset(2, 1, 1, {1, 4, 4});
  Texts texts;
  for (const auto& task : build_rotated(options, Scenario::kDomainIl, dataset.labels, seed).tasks) {
    texts.push_back(task.transform);
  }
  return texts;
}

RotatedOptions three(Angles angles) {
  RotatedOptions options;
  options.tasks = 3;
  options.angles = angles;
  return options;
}

// Pillow 9.4.0, Image.rotate of a picture whose pixel i holds i + 1 (less 1, so -1 is the fill). A
// comparison on 10 612 angles and sizes, not repeated here, found no difference.
TEST(RotationMap, EqualsPillow) {
  EXPECT_EQ(rotation_map(45, 4, 4), (Map{-1, 2, 7, -1, 1, 6, 10, 11, 4, 9, 10, 14, -1, 8, 13, -1}));
  EXPECT_EQ(rotation_map(30, 5, 5), (Map{-1, 2,  3,  9,  -1, 1,  7,  8,  13, 14, 5,  11, 12,
                                         18, 19, 10, 11, 17, 17, 23, -1, 15, 21, 22, -1}));
  EXPECT_EQ(rotation_map(37.4, 3, 5), (Map{-1, 2, 3, 8, 9, 0, 1, 7, 13, 14, 5, 6, 11, 12, -1}));
  const Map large = rotation_map(123.456, 28, 28);
  EXPECT_EQ(std::count(large.begin(), large.end(), -1), 124);
  const Map row(large.begin() + 14 * 28, large.begin() + 15 * 28);
  EXPECT_EQ(row, (Map{77,  104, 131, 131, 158, 186, 213, 241, 268, 268, 295, 322, 350, 377,
                      405, 404, 432, 459, 487, 514, 541, 541, 568, 596, 623, 651, 678, 678}));
}

TEST(RotationMap, TurnsQuartersExactly) {  // by hand; Pillow agrees
  EXPECT_EQ(rotation_map(90, 3, 3), (Map{2, 5, 8, 1, 4, 7, 0, 3, 6}));
  EXPECT_EQ(rotation_map(-270, 3, 3), (Map{2, 5, 8, 1, 4, 7, 0, 3, 6}));
  EXPECT_EQ(rotation_map(270, 3, 3), (Map{6, 3, 0, 7, 4, 1, 8, 5, 2}));
  EXPECT_EQ(rotation_map(180, 2, 3), (Map{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(rotation_map(90, 2, 3), (Map{2, 5, -1, 1, 4, -1}));  // loses what leaves the picture
  EXPECT_TRUE(rotation_map(0, 3, 3).empty());
  EXPECT_TRUE(rotation_map(-720, 3, 3).empty());
}

// Angles from the Python implementation named in rng_streams_test.cpp: 135.277, 60.319, 7.320 and,
// one in each third, 45.092, 80.106, 122.440.
TEST(Rotated, DrawsAnglesPerTask) {
  EXPECT_EQ(transforms(three(Angles::kUniform), 0),
            (Texts{"rotation 135.3°", "rotation 60.3°", "rotation 7.3°"}));
  EXPECT_EQ(transforms(three(Angles::kStratified), 0),
            (Texts{"rotation 45.1°", "rotation 80.1°", "rotation 122.4°"}));
  EXPECT_EQ(transforms(three(Angles::kLinspace), 0),
            (Texts{"rotation 0.0°", "rotation 90.0°", "rotation 180.0°"}));
}

TEST(Rotated, TakesAsManyTasksAsListedAngles) {
  RotatedOptions options;
  options.angles = Angles::kExplicit;
  options.angle_list = {0, 90};
  EXPECT_EQ(transforms(options, 0), (Texts{"rotation 0.0°", "rotation 90.0°"}));
  const TinyDataset dataset(2, 1, 1, {3, 3});
  const auto plan = build_rotated(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_TRUE(plan.tasks[0].pixel_map.empty());
  EXPECT_EQ(plan.tasks[1].pixel_map, (Map{2, 5, 8, 1, 4, 7, 0, 3, 6}));
}

TEST(Rotated, RefusesAnglesThatMakeNoSense) {
  RotatedOptions options;
  options.angle_list = {10};
  EXPECT_EQ(refusal([&] { transforms(options, 0); }),
            "bad-option: [stream] angle-list: expected none without angles=explicit, found a list");
  options.angle_list.clear();
  options.angles = Angles::kExplicit;
  EXPECT_EQ(refusal([&] { transforms(options, 0); }),
            "bad-option: [stream] angle-list: expected one angle per task, found an empty list");
  options.angles = Angles::kUniform;
  options.low = 200;
  EXPECT_EQ(refusal([&] { transforms(options, 0); }),
            "bad-option: [stream] high: expected at least low = 200.0, found 180.0");
}

TEST(Rotated, RefusesFeatureVectors) {
  const TinyDataset dataset(2, 1, 1, {6});
  EXPECT_EQ(refusal([&] { build_rotated({}, Scenario::kDomainIl, dataset.labels, 0); }),
            "unsupported: stream rotated: expected images, found samples without rows");
}

}  // namespace rotated_test
