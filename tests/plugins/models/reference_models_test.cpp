// The references that do not learn continually: random-init and independent.
#include <ATen/ops/cross_entropy_loss.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace reference_models_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::random_task;

TEST(RandomInit, NeverChangesAnything) {
  BenchPlan plan{"random-init"};
  plan.backbone = "resnet18";  // its running statistics must not change either
  plan.backbone_options = {{"width", "1"}};
  plan.input = {1, 8, 8};
  ModelBench bench(plan);
  const auto task = random_task(12, plan.input, {0, 1}, 1);
  const auto values = bench.values().clone(), outputs = bench.predict(task.raw);
  bench.begin_task(task);
  const auto loss = at::cross_entropy_loss(outputs, task.labels).item<double>();
  EXPECT_NEAR(bench.observe(task.raw, task.labels), loss, 1e-5);
  bench.train(4);
  bench.end_task();
  EXPECT_TRUE(bench.values().equal(values));
  EXPECT_TRUE(bench.predict(task.raw).equal(outputs));
}

BenchPlan independent(clh::core::HeadForm head = clh::core::HeadForm::kFixed) {
  BenchPlan plan{"independent"};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.head = head;
  plan.blocks = head == clh::core::HeadForm::kFixed ? std::vector<std::int64_t>{4}
                                                    : std::vector<std::int64_t>{2, 2};
  return plan;
}

void run(ModelBench& bench, const BenchTask& task) {
  bench.begin_task(task);
  bench.train(4);
  bench.end_task();
}

TEST(Independent, NothingOfOneTaskReachesTheNext) {
  const auto second = random_task(12, {2}, {2, 3}, 2);
  ModelBench one(independent()), other(independent());
  run(one, random_task(12, {2}, {0, 1}, 1));
  run(other, random_task(20, {2}, {0, 1}, 3));
  EXPECT_FALSE(one.values().equal(other.values()));
  run(one, second);
  run(other, second);
  EXPECT_TRUE(one.values().equal(other.values()));
}

TEST(Independent, EachTaskStartsFromAFreshNetworkAndIsAnsweredByItsOwn) {
  const auto first = random_task(12, {2}, {0, 1}, 1), second = random_task(12, {2}, {2, 3}, 2);
  ModelBench bench(independent());
  run(bench, first);
  const auto outputs = bench.forward(first.raw).detach();
  bench.begin_task(second);
  EXPECT_TRUE(bench.values().equal(bench.network().spawn(false, "init/1")->arena().values()));
  bench.train(4);
  EXPECT_TRUE(bench.predict(first.raw, 1).equal(bench.forward(first.raw).detach()));
  bench.end_task();
  EXPECT_FALSE(bench.forward(first.raw).detach().equal(outputs));
  EXPECT_TRUE(bench.predict(first.raw, 0).equal(outputs));
  EXPECT_TRUE(bench.predict(first.raw, 1).equal(bench.forward(first.raw).detach()));
  EXPECT_TRUE(bench.predict(first.raw, -1).equal(bench.forward(first.raw).detach()));
}

TEST(Independent, OutputsThatATaskDidNotHaveAreLowest) {
  const auto first = random_task(12, {2}, {0, 1}, 1), second = random_task(12, {2}, {2, 3}, 2);
  ModelBench bench(independent(clh::core::HeadForm::kIncremental));
  run(bench, first);
  const auto outputs = bench.predict(first.raw, 0);
  run(bench, second);
  const auto later = bench.predict(first.raw, 0);
  ASSERT_EQ(later.size(1), 4);
  EXPECT_TRUE(later.narrow(1, 0, 2).equal(outputs));
  EXPECT_TRUE(later.narrow(1, 2, 2).lt(-1e38).all().item<bool>());
}

}  // namespace reference_models_test
