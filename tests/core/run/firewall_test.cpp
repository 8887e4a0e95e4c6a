// What the scenario hides stays hidden: a spying model reports what it was given.
#include "core/error.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace firewall_test {

using clh::test::TestRun;

std::map<std::string, double> spied(std::vector<std::string> words) {
  words.insert(words.begin(), {"model=spy", "dataset=tiny", "eval.unseen-tasks=false"});
  TestRun run(words);
  run.train();
  return run.experiment().model_metrics();
}

TEST(Firewall, ClassIlHidesTaskCountAndTaskOfTheQuery) {
  const auto seen = spied({});
  EXPECT_EQ(seen.at("count-refused"), 1);
  EXPECT_EQ(seen.count("count"), 0U);
  EXPECT_EQ(seen.at("query-task"), -1);
  EXPECT_EQ(seen.at("tasks-begun"), 5);
}

TEST(Firewall, DomainIlHidesTheTaskOfTheQuery) {
  const auto seen = spied({"stream.scenario=domain-il", "train.iterations=2"});
  EXPECT_EQ(seen.at("query-task"), -1);
  EXPECT_EQ(seen.at("label-high"), 1);
}

TEST(Firewall, TaskIlTellsTheTaskOfTheQuery) {
  const auto seen = spied({"stream.scenario=task-il", "train.iterations=2"});
  EXPECT_EQ(seen.at("query-task"), 4);
}

TEST(Firewall, TaskFreeHasNoTaskHooks) {
  const auto seen = spied({"stream.scenario=task-free", "train.iterations=2"});
  EXPECT_EQ(seen.count("tasks-begun"), 0U);
  EXPECT_EQ(seen.at("first-batches"), 1);  // positions run on, so no boundary shows
  EXPECT_EQ(spied({"train.iterations=2"}).at("first-batches"), 5);
}

// 6000 training samples a class: a model sees all of its task's, once, and no other.
TEST(Firewall, TrainingShowsTheSamplesOfTheTaskAlone) {
  TestRun run({"model=spy"});
  const auto& task = run.experiment().plan().tasks[0];
  EXPECT_EQ(task.train.size(), 12000U);
  run.train(1200);
  const auto seen = run.experiment().model_metrics();
  EXPECT_EQ(seen.at("ids"), 12000);
  EXPECT_EQ(seen.at("label-low"), 0);
  EXPECT_EQ(seen.at("label-high"), 1);
  EXPECT_EQ(seen.at("task-size"), 12000);
  EXPECT_EQ(seen.at("outputs"), 2);
  EXPECT_GE(seen.at("x-low"), 0.0);
  EXPECT_LE(seen.at("x-high"), 1.0);
}

TEST(Firewall, PointsOfACurveComeInTheirOrder) {
  TestRun run({"model=spy", "dataset=tiny", "train.iterations=3"});
  run.train();
  const auto& points = run.experiment().metric_points();
  ASSERT_EQ(points.size(), 15U);  // five tasks
  EXPECT_EQ(points[4].key, "label-high-so-far");
  EXPECT_EQ(points[4].step, 4);
  EXPECT_EQ(points.back().value, run.experiment().model_metrics().at("label-high"));
}

TEST(Firewall, ReadingOutsideTheTaskIsRefused) {
  const auto seen = spied({"train.iterations=1"});
  EXPECT_EQ(seen.at("read-refused"), 1);
  EXPECT_EQ(seen.count("read-outside"), 0U);
}

TEST(Firewall, AModelsFailureNamesPluginCallTaskAndStep) {
  TestRun run({"model=spy", "model.fail=true"});
  try {
    run.train();
    FAIL() << "expected an error";
  } catch (const clh::core::Error& e) {
    EXPECT_EQ(e.slug(), "plugin-error");
    EXPECT_EQ(e.exit_code(), clh::core::kExitUsage);
    EXPECT_STREQ(
        e.what(),
        "org.clh.test.spy 0.1.0 in observe, task 0 step 0: [spy] expected to be told to work, "
        "found fail=true");
  }
}

TEST(Firewall, ALossThatIsNotFiniteStopsTheRun) {
  TestRun run({"model=spy", "model.nan-loss=true"});
  try {
    run.train();
    FAIL() << "expected an error";
  } catch (const clh::core::Error& e) {
    EXPECT_EQ(e.slug(), "not-finite");
    EXPECT_STREQ(
        e.what(),
        "org.clh.test.spy 0.1.0 in observe, task 0 step 0: expected a finite loss, found nan");
  }
  TestRun tolerant(
      {"model=spy", "model.nan-loss=true", "train.on-nan=continue", "train.iterations=2"});
  tolerant.train();
  EXPECT_TRUE(tolerant.loop().done());
}

// No exception crosses the entry: the plugin refuses, with its own words.
TEST(Firewall, AnEntryThatThrowsIsARefusal) {
  try {
    TestRun run({"model=thrower"});
    FAIL() << "expected an error";
  } catch (const clh::core::Error& e) {
    EXPECT_EQ(e.slug(), "entry-refused");
    EXPECT_EQ(e.exit_code(), clh::core::kExitPlugin);
    EXPECT_NE(std::string(e.what()).find("expected to be left alone"), std::string::npos)
        << e.what();
  }
}

}  // namespace firewall_test
