#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace gdumb_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

BenchPlan plan_with(OptionTexts options) {
  BenchPlan plan{"gdumb", std::move(options)};
  plan.options.emplace("batch-size", "1000");
  plan.tasks = 2;
  return plan;
}

at::Tensor memory(const ModelBench& bench) {
  return std::get<at::Tensor>(bench.model_state()
                                  ->children.at("memory")
                                  ->children.at("samples")
                                  ->children.at("columns")
                                  ->values.at("0"));
}

BenchTask task(int t) {
  return random_task(12, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

TEST(Gdumb, LearnsNothingFromTheStream) {
  ModelBench bench(plan_with({{"epochs", "1"}}));
  const auto data = task(0);
  bench.begin_task(data);
  const auto before = bench.values().clone();
  const auto loss = at::cross_entropy_loss(bench.forward(data.raw), data.labels).item<double>();
  EXPECT_NEAR(bench.observe(data.raw, data.labels), loss, 1e-6);
  EXPECT_TRUE(bench.values().equal(before));
  EXPECT_TRUE(memory(bench).equal(data.raw));
}

/// One batch an epoch, so that every step and its rate can be followed.
TEST(Gdumb, TrainsAFreshNetworkOnTheMemoryWithWarmRestarts) {
  ModelBench bench(
      plan_with({{"epochs", "6"}, {"max-lr", "0.4"}, {"min-lr", "0.2"}, {"buffer-size", "8"}}));
  for (int t = 0; t < 2; ++t) {
    const auto data = task(t);
    bench.begin_task(data);
    bench.train(4);
    bench.end_task();
    const auto trained = bench.values().clone();
    const auto fresh = bench.network().spawn(false, "init/" + std::to_string(t));
    bench.values().copy_(fresh->arena().values());

    const auto raw = memory(bench);
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
      const auto loss = at::cross_entropy_loss(bench.forward(raw), at::tensor(labels, at::kLong));
      bench.values().sub_(bench.gradient_of(loss), rate);
    }
    EXPECT_TRUE(bench.values().allclose(trained, 1e-4, 1e-5)) << t;
    bench.values().copy_(trained);
  }
}

TEST(Gdumb, CanWaitForTheLastTask) {
  ModelBench bench(plan_with({{"epochs", "2"}, {"retrain", "final"}}));
  const auto before = bench.values().clone();
  for (int t = 0; t < 2; ++t) {
    bench.begin_task(task(t));
    bench.train(4);
    bench.end_task();
    EXPECT_EQ(bench.values().equal(before), t == 0);
  }
}

TEST(Gdumb, LearnsWhatItRemembers) {
  auto plan = plan_with({{"epochs", "256"}, {"batch-size", "4"}});
  plan.backbone_options = {{"width", "16"}, {"depth", "1"}};
  ModelBench bench(plan);
  const auto data = random_task(12, {2}, {0, 1}, 1);
  const BenchTask easy{data.raw + data.labels.unsqueeze(1) * 6, data.labels, {0, 1}};
  bench.begin_task(easy);
  bench.train(4);
  bench.end_task();
  EXPECT_TRUE(bench.predict(easy.raw).argmax(1).equal(easy.labels));
}

TEST(Gdumb, CutmixMixesPicturesAlone) {
  at::Tensor trained[3];
  const char* choices[] = {"off", "auto", "on"};
  for (int i = 0; i < 3; ++i) {
    auto plan = plan_with({{"epochs", "8"}, {"cutmix", choices[i]}});
    plan.input = {1, 4, 4};
    ModelBench bench(plan);
    bench.begin_task(random_task(12, plan.input, {0, 1}, 1));
    bench.train(4);
    bench.end_task();
    trained[i] = bench.values().clone();
    EXPECT_TRUE(trained[i].isfinite().all().item<bool>());
  }
  EXPECT_TRUE(trained[0].equal(trained[1]));  // one channel
  EXPECT_FALSE(trained[0].allclose(trained[2]));

  ModelBench bench(plan_with({{"epochs", "8"}, {"cutmix", "on"}}));
  bench.begin_task(task(0));
  bench.train(4);
  EXPECT_ANY_THROW(bench.end_task());  // not pictures
}

TEST(Gdumb, RefusesWhatCannotWork) {
  EXPECT_ANY_THROW(ModelBench(plan_with({{"buffer-size", "3"}})));  // of four classes
  EXPECT_ANY_THROW(ModelBench(plan_with({{"min-lr", "0.1"}, {"max-lr", "0.05"}})));
  EXPECT_NO_THROW(ModelBench(plan_with({{"buffer-size", "4"}})));
}

}  // namespace gdumb_test
