#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace gdumb_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"gdumb", std::move(options)};
  plan.options.emplace("batch-size", "1000");
  plan.tasks = 2;
  return plan;
}

at::Tensor memory(const ModelHarness& harness) {
  return std::get<at::Tensor>(harness.model_state()
                                  ->children.at("memory")
                                  ->children.at("samples")
                                  ->children.at("columns")
                                  ->values.at("0"));
}

HarnessTask task(int t) {
  return random_task(12, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

TEST(Gdumb, LearnsNothingFromTheStream) {
  ModelHarness harness(plan_with({{"epochs", "1"}}));
  const auto data = task(0);
  harness.begin_task(data);
  const auto before = harness.values().clone();
  const auto loss = at::cross_entropy_loss(harness.forward(data.raw), data.labels).item<double>();
  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss, 1e-6);
  EXPECT_TRUE(harness.values().equal(before));
  EXPECT_TRUE(memory(harness).equal(data.raw));
}

/// One batch an epoch, so that every step and its rate can be followed.
TEST(Gdumb, TrainsAFreshNetworkOnTheMemoryWithWarmRestarts) {
  ModelHarness harness(
      plan_with({{"epochs", "6"}, {"max-lr", "0.4"}, {"min-lr", "0.2"}, {"buffer-size", "8"}}));
  for (int t = 0; t < 2; ++t) {
    const auto data = task(t);
    harness.begin_task(data);
    harness.train(4);
    harness.end_task();
    const auto trained = harness.values().clone();
    const auto fresh = harness.network().spawn(false, "init/" + std::to_string(t));
    harness.values().copy_(fresh->arena().values());

    const auto raw = memory(harness);
    ASSERT_EQ(raw.size(0), 8);
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < 8; ++i) {
      for (int source = 0; source <= t; ++source) {
        const auto place = task(source).raw.eq(raw[i]).all(1).nonzero();
        if (place.numel() > 0) {
          labels.push_back(task(source).labels[place.item<std::int64_t>()].item<std::int64_t>());
        }
      }
    }
    ASSERT_EQ(labels.size(), 8U);
    for (std::int64_t c = 0; c < 2 * (t + 1); ++c) {
      EXPECT_EQ(std::count(labels.begin(), labels.end(), c), 4 / (t + 1));
    }
    // A tenth, then cosines of 1, 2 and 4 epochs: 1 | 1, 1/2 | 1, (1 + cos(pi / 4)) / 2.
    for (const double rate : {0.04, 0.4, 0.4, 0.3, 0.4, 0.2 + 0.1 * (1 + std::sqrt(0.5))}) {
      const auto loss = at::cross_entropy_loss(harness.forward(raw), at::tensor(labels, at::kLong));
      harness.values().sub_(harness.gradient_of(loss), rate);
    }
    EXPECT_TRUE(harness.values().allclose(trained, 1e-4, 1e-5)) << t;
    harness.values().copy_(trained);
  }
}

TEST(Gdumb, CanWaitForTheLastTask) {
  ModelHarness harness(plan_with({{"epochs", "2"}, {"retrain", "final"}}));
  const auto before = harness.values().clone();
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(task(t));
    harness.train(4);
    harness.end_task();
    EXPECT_EQ(harness.values().equal(before), t == 0);
  }
}

TEST(Gdumb, LearnsWhatItRemembers) {
  auto plan = plan_with({{"epochs", "256"}, {"batch-size", "4"}});
  plan.backbone_options = {{"width", "16"}, {"depth", "1"}};
  ModelHarness harness(plan);
  const auto data = random_task(12, {2}, {0, 1}, 1);
  const HarnessTask easy{data.raw + data.labels.unsqueeze(1) * 6, data.labels, {0, 1}};
  harness.begin_task(easy);
  harness.train(4);
  harness.end_task();
  EXPECT_TRUE(harness.predict(easy.raw).argmax(1).equal(easy.labels));
}

TEST(Gdumb, CutmixMixesPicturesAlone) {
  at::Tensor trained[3];
  const char* choices[] = {"off", "auto", "on"};
  for (int i = 0; i < 3; ++i) {
    auto plan = plan_with({{"epochs", "8"}, {"cutmix", choices[i]}});
    plan.input = {1, 4, 4};
    ModelHarness harness(plan);
    harness.begin_task(random_task(12, plan.input, {0, 1}, 1));
    harness.train(4);
    harness.end_task();
    trained[i] = harness.values().clone();
    EXPECT_TRUE(trained[i].isfinite().all().item<bool>());
  }
  EXPECT_TRUE(trained[0].equal(trained[1]));  // one channel
  EXPECT_FALSE(trained[0].allclose(trained[2]));

  ModelHarness harness(plan_with({{"epochs", "8"}, {"cutmix", "on"}}));
  harness.begin_task(task(0));
  harness.train(4);
  EXPECT_ANY_THROW(harness.end_task());  // not pictures
}

TEST(Gdumb, RefusesWhatCannotWork) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "3"}})));  // of four classes
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"min-lr", "0.1"}, {"max-lr", "0.05"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"buffer-size", "4"}})));
}

}  // namespace gdumb_test
