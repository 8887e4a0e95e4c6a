#include "core/stream/stream_builder.hpp"

#include <set>
#include <string>

#include "tests/core/stream/refusal.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace stream_builder_test {

using clh::core::build_stream;
using clh::core::kStreamNames;
using clh::core::Scenario;
using clh::core::stream_choice;
using clh::core::usual_scenario;

clh::ParamTable describe(std::string_view name) {
  clh::ParamTable table;
  clh::OptionBinder binder(table);
  auto choice = stream_choice(name);
  bind(choice, binder);
  return table;
}

TEST(StreamBuilder, FindsEveryStreamByName) {
  for (const auto name : kStreamNames) {
    EXPECT_EQ(stream_name(stream_choice(name)), name);
  }
  EXPECT_EQ(refusal([] { stream_choice("splitt"); }),
            "unknown-component: [stream] name: expected one of class-split, permuted, rotated, "
            "joint, found \"splitt\"");
}

TEST(StreamBuilder, BuildsTheChosenStream) {
  const TinyDataset dataset(4, 1, 1, {1, 2, 2});
  const auto plan = [&](std::string_view name) {
    return build_stream(stream_choice(name), Scenario::kDomainIl, dataset.labels, 0);
  };
  EXPECT_EQ(plan("class-split").tasks.size(), 2U);
  EXPECT_EQ(plan("permuted").tasks[1].transform, "permutation");
  EXPECT_EQ(plan("rotated").tasks[0].transform, "rotation 135.3°");
  EXPECT_EQ(plan("joint").experiences.size(), 1U);
}

TEST(StreamBuilder, TheUsualScenarioIsTheFields) {
  EXPECT_EQ(usual_scenario(stream_choice("class-split")), Scenario::kClassIl);
  EXPECT_EQ(usual_scenario(stream_choice("permuted")), Scenario::kDomainIl);
  EXPECT_EQ(usual_scenario(stream_choice("rotated")), Scenario::kDomainIl);
  clh::core::JointOptions joint;
  EXPECT_EQ(usual_scenario(joint), Scenario::kClassIl);
  joint.of = clh::core::JointOf::kPermuted;
  EXPECT_EQ(usual_scenario(joint), Scenario::kDomainIl);
  joint.of = clh::core::JointOf::kRotated;
  EXPECT_EQ(usual_scenario(joint), Scenario::kDomainIl);
}

TEST(StreamBuilder, BindsEachOptionOnce) {
  for (const auto name : kStreamNames) {
    std::set<std::string> names;
    for (const auto& param : describe(name).params) {
      EXPECT_TRUE(names.insert(param.name).second) << name << ' ' << param.name;
    }
    EXPECT_EQ(names.count("validation"), 1U) << name;
  }
}

TEST(StreamBuilder, ReadsOptionsInTheOrderInWhichItDescribesThem) {
  auto table = describe("permuted");
  ASSERT_STREQ(table.params[0].name, "tasks");
  ASSERT_STREQ(table.params[1].name, "identity-first");
  std::vector<clh_value> values;
  for (const auto& param : table.params) {
    values.push_back(param.def);
  }
  values[0].u.i = 3;
  values[1].u.i = 1;
  auto choice = stream_choice("permuted");
  clh::OptionBinder binder(values.data());
  bind(choice, binder);
  const TinyDataset dataset(2, 1, 1);
  const auto plan = build_stream(choice, Scenario::kDomainIl, dataset.labels, 0);
  EXPECT_EQ(plan.tasks.size(), 3U);
  EXPECT_EQ(plan.tasks[0].name, "natural");
}

}  // namespace stream_builder_test
