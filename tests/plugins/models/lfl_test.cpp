#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace lfl_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

// fc1 weight (6) and bias (3), head weight (12) and bias (4).
constexpr std::int64_t kBackbone = 9, kHead = 16;

const HarnessTask kFirst = random_task(12, {2}, {0, 1, 2, 3}, 1),
                  kSecond = random_task(12, {2}, {0, 1, 2, 3}, 2);

std::unique_ptr<ModelHarness> in_second_task(const OptionTexts& options) {
  HarnessPlan plan{"lfl", options};
  plan.scenario = clh::Scenario::kDomainIl;
  auto harness = std::make_unique<ModelHarness>(plan);
  harness->begin_task(kFirst);
  harness->train(4);
  harness->end_task();
  harness->begin_task(kSecond);
  return harness;
}

TEST(Lfl, DrawsFeaturesToThoseFromBeforeTheTask) {
  for (const std::string distance : {"half-sum", "mean"}) {
    const auto harness = in_second_task({{"lambda-e", "3"}, {"distance", distance}});
    const auto old = harness->network().features(kSecond.raw).detach();
    harness->train(4);  // away from them
    const auto difference = harness->network().features(kSecond.raw) - old;
    const auto samples = static_cast<double>(kSecond.raw.size(0));
    const auto squares = difference.pow(2).sum();
    const auto penalty = distance == "mean" ? squares / (3 * samples) : squares / (2 * samples);
    ASSERT_GT(penalty.item<double>(), 1e-4);
    const auto loss =
        at::cross_entropy_loss(harness->forward(kSecond.raw), kSecond.labels) + 3 * penalty;
    const auto gradient = harness->gradient_of(loss);
    EXPECT_NEAR(harness->observe(kSecond.raw, kSecond.labels), loss.item<double>(), 1e-5)
        << distance;
    EXPECT_TRUE(harness->grads().allclose(gradient, 1e-4, 1e-6)) << distance;
  }
}

TEST(Lfl, TheTeacherIsTheNetworkFromBeforeThePresentTask) {
  const auto harness = in_second_task({{"lambda-e", "3"}});
  harness->train(4);
  harness->end_task();
  const auto third = random_task(12, {2}, {0, 1, 2, 3}, 3);
  harness->begin_task(third);
  // Its own features are those of the teacher: nothing is added.
  const auto loss =
      at::cross_entropy_loss(harness->forward(third.raw), third.labels).item<double>();
  EXPECT_NEAR(harness->observe(third.raw, third.labels), loss, 1e-6);
}

TEST(Lfl, OutputLayerIsFrozenAfterTheFirstTask) {
  ModelHarness first({"lfl"});
  const auto initial = first.values().clone();
  first.begin_task(kFirst);
  first.train(4);
  const auto moved = first.values().ne(initial);
  EXPECT_TRUE(moved.narrow(0, kBackbone, kHead).all().item<bool>());

  const auto harness = in_second_task({});
  const auto before = harness->values().clone();
  harness->train(4);
  const auto after = harness->values();
  EXPECT_TRUE(after.narrow(0, kBackbone, kHead).equal(before.narrow(0, kBackbone, kHead)));
  EXPECT_FALSE(after.narrow(0, 0, kBackbone).equal(before.narrow(0, 0, kBackbone)));
}

TEST(Lfl, OutputsOfALaterTaskTrainInThatTask) {
  HarnessPlan plan{"lfl"};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.head = clh::core::HeadForm::kMultiHead;
  plan.blocks = {2, 2};
  ModelHarness harness(plan);
  harness.begin_task(random_task(12, {2}, {0, 1}, 1));
  harness.train(4);
  harness.end_task();
  const auto before = harness.values().clone();
  harness.begin_task(random_task(12, {2}, {2, 3}, 2));
  harness.train(4);
  const auto changed = harness.values().ne(before);
  EXPECT_FALSE(changed.narrow(0, kBackbone, 8).any().item<bool>());
  EXPECT_TRUE(changed.narrow(0, kBackbone + 8, 8).all().item<bool>());
}

}  // namespace lfl_test
