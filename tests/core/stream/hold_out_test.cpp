#include "core/stream/hold_out.hpp"

#include <vector>

#include "core/stream/class_split.hpp"
#include "tests/core/stream/refusal.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace hold_out_test {

using clh::core::hold_out;
using clh::core::HoldOutOptions;
using Ints = std::vector<std::int64_t>;

TEST(HoldOut, GroupsByClassWhenNothingIsHeldOut) {
  const TinyDataset dataset(2, 3, 2);
  const auto samples = hold_out({}, dataset.labels);
  EXPECT_EQ(samples.train, (std::vector<Ints>{{0, 2, 4}, {1, 3, 5}}));
  EXPECT_EQ(samples.valid, (std::vector<Ints>{{}, {}}));
  EXPECT_EQ(samples.test, (std::vector<Ints>{{0, 2}, {1, 3}}));
}

// Orders of stream `split` at seed 0, class 0 and 1, from the Python implementation named in
// tests/core/random/rng_streams_test.cpp: 2 4 1 0 3 and 0 1 2 3 4; ceil(0.3 * 5) = 2 are taken.
TEST(HoldOut, TakesTheCeilingOfEachClass) {
  const TinyDataset dataset(2, 5, 1);
  HoldOutOptions options;
  options.validation = 0.3;
  const auto samples = hold_out(options, dataset.labels);
  EXPECT_EQ(samples.valid, (std::vector<Ints>{{4, 8}, {1, 3}}));
  EXPECT_EQ(samples.train, (std::vector<Ints>{{0, 2, 6}, {5, 7, 9}}));
}

TEST(HoldOut, CountsExactFractionsExactly) {
  const TinyDataset dataset(1, 100, 1);
  HoldOutOptions options;
  options.validation = 0.07;  // 0.07 * 100 > 7 in binary
  EXPECT_EQ(hold_out(options, dataset.labels).valid[0].size(), 7U);
}

TEST(HoldOut, DependsOnItsOwnSeedAlone) {
  const TinyDataset dataset(4, 25, 1);
  clh::core::ClassSplitOptions options;
  options.hold_out.validation = 0.2;
  const auto valid = [&](std::uint64_t run_seed) {
    return build_class_split(options, clh::core::Scenario::kClassIl, dataset.labels, run_seed)
        .tasks[1]
        .valid;
  };
  const auto first = valid(0);
  EXPECT_EQ(first.size(), 10U);
  EXPECT_EQ(valid(1), first);
  options.hold_out.validation_seed = 1;
  EXPECT_NE(valid(0), first);
}

TEST(HoldOut, RefusesToLeaveAClassEmpty) {
  const TinyDataset dataset(2, 1, 1);
  HoldOutOptions options;
  options.validation = 0.1;
  EXPECT_EQ(refusal([&] { hold_out(options, dataset.labels); }),
            "bad-option: [stream] validation: expected a training sample left of class 0, found "
            "all 1 held out");
}

TEST(HoldOut, RefusesALabelOutsideTheClasses) {
  TinyDataset dataset(3, 1, 1);
  dataset.labels.n_classes = 2;
  EXPECT_EQ(refusal([&] { hold_out({}, dataset.labels); }),
            "bad-data: training sample 2: expected a label in 0 .. 1, found 2");
}

}  // namespace hold_out_test
