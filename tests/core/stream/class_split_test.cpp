#include "core/stream/class_split.hpp"

#include <string>
#include <vector>

#include "tests/core/stream/refusal.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace class_split_test {

using clh::core::build_class_split;
using clh::core::ClassOrder;
using clh::core::ClassSplitOptions;
using clh::core::Remainder;
using clh::core::Scenario;
using clh::core::StreamPlan;
using Ints = std::vector<std::int64_t>;

std::vector<Ints> classes_of(const StreamPlan& plan) {
  std::vector<Ints> classes;
  for (const auto& task : plan.tasks) {
    classes.push_back(task.classes);
  }
  return classes;
}

std::vector<Ints> split(const Ints& classes_per_task, Remainder remainder, std::int64_t n_classes) {
  const TinyDataset dataset(n_classes, 1, 1);
  ClassSplitOptions options;
  options.classes_per_task = classes_per_task;
  options.remainder = remainder;
  return classes_of(build_class_split(options, Scenario::kClassIl, dataset.labels, 0));
}

std::string refused(const Ints& classes_per_task, std::int64_t n_classes) {
  return refusal([&] { split(classes_per_task, Remainder::kError, n_classes); });
}

TEST(ClassSplit, DealsClassesAndTheirSamplesOut) {
  const TinyDataset dataset(4, 3, 1);
  const auto plan = build_class_split({}, Scenario::kClassIl, dataset.labels, 0);
  ASSERT_EQ(plan.tasks.size(), 2U);
  EXPECT_EQ(plan.tasks[1].classes, (Ints{2, 3}));
  EXPECT_EQ(plan.tasks[0].train, (Ints{0, 1, 4, 5, 8, 9}));
  EXPECT_EQ(plan.tasks[1].train, (Ints{2, 3, 6, 7, 10, 11}));
  EXPECT_EQ(plan.tasks[1].test, (Ints{2, 3}));
  EXPECT_TRUE(plan.tasks[1].valid.empty());
  EXPECT_TRUE(plan.tasks[1].pixel_map.empty());
  EXPECT_EQ(plan.tasks[1].transform, "none");
  EXPECT_EQ(plan.tasks[1].name, "2 + 3");
  EXPECT_EQ(plan.experiences, (std::vector<std::vector<int>>{{0}, {1}}));
  EXPECT_EQ(plan.sample_shape, (Ints{1, 2, 3}));
  EXPECT_EQ(plan.scenario, "class-il");
}

TEST(ClassSplit, NumbersOutputsByPlaceInTheClassOrder) {
  const TinyDataset dataset(4, 1, 1);
  ClassSplitOptions options;
  options.class_order = ClassOrder::kExplicit;
  options.class_order_list = {3, 1, 0, 2};
  for (const auto scenario : {Scenario::kClassIl, Scenario::kTaskIl, Scenario::kTaskFree}) {
    const auto plan = build_class_split(options, scenario, dataset.labels, 0);
    EXPECT_EQ(classes_of(plan), (std::vector<Ints>{{3, 1}, {0, 2}}));
    EXPECT_EQ(plan.tasks[0].label_map, (Ints{-1, 1, -1, 0}));
    EXPECT_EQ(plan.tasks[1].label_map, (Ints{2, -1, 3, -1}));
    EXPECT_EQ(plan.tasks[1].outputs, (Ints{2, 3}));
    EXPECT_EQ(plan.n_outputs, 4);
    EXPECT_EQ(plan.outputs_after, (Ints{2, 4}));
  }
}

TEST(ClassSplit, NumbersOutputsInsideTheTaskInDomainIl) {
  const TinyDataset dataset(5, 1, 1);
  ClassSplitOptions options;
  options.classes_per_task = {2, 3};
  const auto plan = build_class_split(options, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_EQ(plan.tasks[0].label_map, (Ints{0, 1, -1, -1, -1}));
  EXPECT_EQ(plan.tasks[1].label_map, (Ints{-1, -1, 0, 1, 2}));
  EXPECT_EQ(plan.tasks[1].outputs, (Ints{0, 1, 2}));
  EXPECT_EQ(plan.n_outputs, 3);
  EXPECT_EQ(plan.outputs_after, (Ints{2, 3}));
}

TEST(ClassSplit, PutsLeftOverClassesWhereToldTo) {
  EXPECT_EQ(split({3}, Remainder::kLast, 8), (std::vector<Ints>{{0, 1, 2}, {3, 4, 5, 6, 7}}));
  EXPECT_EQ(split({3}, Remainder::kSpread, 8), (std::vector<Ints>{{0, 1, 2, 3}, {4, 5, 6, 7}}));
  EXPECT_EQ(split({1, 2}, Remainder::kSpread, 6), (std::vector<Ints>{{0, 1, 2}, {3, 4, 5}}));
  EXPECT_EQ(split({1, 2}, Remainder::kLast, 6), (std::vector<Ints>{{0}, {1, 2, 3, 4, 5}}));
}

TEST(ClassSplit, RefusesSizesThatDoNotFit) {
  const std::string start = "bad-option: [stream] classes-per-task: expected ";
  EXPECT_EQ(refused({3}, 10), start + "a divisor of the dataset's 10 classes, found 3");
  EXPECT_EQ(refused({2, 3}, 6), start + "the dataset's 6 classes in all, found 5");
  EXPECT_EQ(refused({4, 4}, 6), start + "at most the dataset's 6 classes in all, found 8");
  EXPECT_EQ(refused({7}, 6), start + "numbers in 1 .. 6, found 7");
  EXPECT_EQ(refused({0}, 6), start + "numbers in 1 .. 6, found 0");
  EXPECT_EQ(refused({}, 6), start + "one number, or one per task, found an empty list");
}

TEST(ClassSplit, NamesTheSizesThatWouldFit) {
  try {
    split({4}, Remainder::kError, 10);
    FAIL() << "accepted";
  } catch (const clh::core::Error& error) {
    EXPECT_EQ(error.fix(), "choose one of 1, 2, 5, 10, or set remainder=last or spread");
    EXPECT_EQ(error.exit_code(), 2);
  }
}

// Orders pinned from the Python implementation named in tests/core/random/rng_streams_test.cpp.
TEST(ClassSplit, DrawsASeededOrder) {
  const TinyDataset dataset(10, 1, 1);
  ClassSplitOptions options;
  options.classes_per_task = {10};
  options.class_order = ClassOrder::kSeeded;
  const auto order = [&](std::uint64_t seed) {
    return build_class_split(options, Scenario::kClassIl, dataset.labels, seed).tasks[0].classes;
  };
  EXPECT_EQ(order(0), (Ints{0, 1, 8, 3, 5, 2, 9, 4, 6, 7}));
  EXPECT_EQ(order(1), (Ints{7, 1, 6, 9, 2, 0, 3, 4, 8, 5}));
}

TEST(ClassSplit, RefusesAnOrderThatIsNoPermutation) {
  const TinyDataset dataset(4, 1, 1);
  ClassSplitOptions options;
  const auto refused_order = [&](ClassOrder order, const Ints& list) {
    options.class_order = order;
    options.class_order_list = list;
    return refusal([&] { build_class_split(options, Scenario::kClassIl, dataset.labels, 0); });
  };
  const std::string start =
      "bad-option: [stream] class-order-list: expected each class 0 .. 3 once, found ";
  EXPECT_EQ(refused_order(ClassOrder::kExplicit, {0, 1, 1, 3}), start + "0 1 1 3");
  EXPECT_EQ(refused_order(ClassOrder::kExplicit, {0, 1, 2}), start + "0 1 2");
  EXPECT_EQ(refused_order(ClassOrder::kExplicit, {1, 2, 3, 4}), start + "1 2 3 4");
  EXPECT_EQ(refused_order(ClassOrder::kExplicit, {}), start + "an empty list");
  EXPECT_EQ(refused_order(ClassOrder::kNatural, {0, 1, 2, 3}),
            "bad-option: [stream] class-order-list: expected none without class-order=explicit, "
            "found a list");
}

TEST(ClassSplit, RefusesATaskWithoutSamples) {
  const std::vector<std::int64_t> train = {0, 0}, test = {0, 1};
  clh::core::DatasetLabels labels;
  labels.train_labels = train.data();
  labels.n_train = 2;
  labels.test_labels = test.data();
  labels.n_test = 2;
  labels.n_classes = 2;
  labels.class_names = {"cat", "dog"};
  ClassSplitOptions options;
  options.classes_per_task = {1};
  EXPECT_EQ(refusal([&] { build_class_split(options, Scenario::kClassIl, labels, 0); }),
            "bad-data: task dog: expected training samples, found none");
}

}  // namespace class_split_test
