// The references that do not learn continually: random-init and independent.
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace reference_models_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

TEST(RandomInit, NeverChangesAnything) {
  HarnessPlan plan{"random-init"};
  plan.backbone = "resnet18";  // its running statistics must not change either
  plan.backbone_options = {{"width", "1"}};
  plan.input = {1, 8, 8};
  ModelHarness harness(plan);
  const auto task = random_task(12, plan.input, {0, 1}, 1);
  const auto values = harness.values().clone(), outputs = harness.predict(task.raw);
  harness.begin_task(task);
  const auto loss = at::cross_entropy_loss(outputs, task.labels).item<double>();
  EXPECT_NEAR(harness.observe(task.raw, task.labels), loss, 1e-5);
  harness.train(4);
  harness.end_task();
  EXPECT_TRUE(harness.values().equal(values));
  EXPECT_TRUE(harness.predict(task.raw).equal(outputs));
}

HarnessPlan independent(clh::core::HeadForm head = clh::core::HeadForm::kFixed) {
  HarnessPlan plan{"independent"};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.head = head;
  plan.blocks = head == clh::core::HeadForm::kFixed ? std::vector<std::int64_t>{4}
                                                    : std::vector<std::int64_t>{2, 2};
  return plan;
}

void run(ModelHarness& harness, const HarnessTask& task) {
  harness.begin_task(task);
  harness.train(4);
  harness.end_task();
}

TEST(Independent, NothingOfOneTaskReachesTheNext) {
  const auto second = random_task(12, {2}, {2, 3}, 2);
  ModelHarness one(independent()), other(independent());
  run(one, random_task(12, {2}, {0, 1}, 1));
  run(other, random_task(20, {2}, {0, 1}, 3));
  EXPECT_FALSE(one.values().equal(other.values()));
  run(one, second);
  run(other, second);
  EXPECT_TRUE(one.values().equal(other.values()));
}

TEST(Independent, EachTaskStartsFromAFreshNetworkAndIsAnsweredByItsOwn) {
  const auto first = random_task(12, {2}, {0, 1}, 1), second = random_task(12, {2}, {2, 3}, 2);
  ModelHarness harness(independent());
  run(harness, first);
  const auto outputs = harness.forward(first.raw).detach();
  harness.begin_task(second);
  EXPECT_TRUE(harness.values().equal(harness.network().spawn(false, "init/1")->arena().values()));
  harness.train(4);
  EXPECT_TRUE(harness.predict(first.raw, 1).equal(harness.forward(first.raw).detach()));
  harness.end_task();
  EXPECT_FALSE(harness.forward(first.raw).detach().equal(outputs));
  EXPECT_TRUE(harness.predict(first.raw, 0).equal(outputs));
  EXPECT_TRUE(harness.predict(first.raw, 1).equal(harness.forward(first.raw).detach()));
  EXPECT_TRUE(harness.predict(first.raw, -1).equal(harness.forward(first.raw).detach()));
}

TEST(Independent, OutputsThatATaskDidNotHaveAreLowest) {
  const auto first = random_task(12, {2}, {0, 1}, 1), second = random_task(12, {2}, {2, 3}, 2);
  ModelHarness harness(independent(clh::core::HeadForm::kIncremental));
  run(harness, first);
  const auto outputs = harness.predict(first.raw, 0);
  run(harness, second);
  const auto later = harness.predict(first.raw, 0);
  ASSERT_EQ(later.size(1), 4);
  EXPECT_TRUE(later.narrow(1, 0, 2).equal(outputs));
  EXPECT_TRUE(later.narrow(1, 2, 2).lt(-1e38).all().item<bool>());
}

}  // namespace reference_models_test
