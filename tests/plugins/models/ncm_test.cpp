#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace ncm_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

BenchTask task(int t, std::uint64_t seed) {
  return random_task(20, {2}, {2 * t, 2 * t + 1}, seed);
}

BenchPlan plan_with(OptionTexts options) {
  BenchPlan plan{"ncm", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  return plan;
}

at::Tensor unit(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

at::Tensor features(ModelBench& bench, const at::Tensor& raw) {
  return bench.network().features(raw).detach();
}

/// Scores -|u - mu|^2 of a class whose samples are `members`, in one pass over all of them.
at::Tensor scores_of(ModelBench& bench, const at::Tensor& raw, const at::Tensor& members,
                     bool normalize) {
  const auto f = features(bench, members), x = features(bench, raw);
  auto mean = (normalize ? unit(f) : f).mean(0, true);
  mean = normalize ? unit(mean) : mean;
  return -((normalize ? unit(x) : x) - mean).square().sum(1);
}

at::Tensor of_class(const BenchTask& data, std::int64_t c) {
  return data.raw.index_select(0, data.labels.eq(c).nonzero().squeeze(1));
}

TEST(Ncm, StreamedMeansAreThoseOfAllSamplesAtOnce) {
  for (const std::string normalize : {"true", "false"}) {
    ModelBench bench(plan_with({{"normalize", normalize}}));
    const auto before = bench.values().clone();
    for (int t = 0; t < 2; ++t) {
      bench.begin_task(task(t, 1));
      bench.train(7);
      bench.end_task();
    }
    EXPECT_TRUE(bench.values().equal(before));  // the network stays as it came
    const auto asked = task(0, 9).raw, found = bench.predict(asked);
    ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{20, 6}));
    for (int c = 0; c < 4; ++c) {
      const auto expected =
          scores_of(bench, asked, of_class(task(c / 2, 1), c), normalize == "true");
      EXPECT_TRUE(found.select(1, c).allclose(expected, 1e-4, 1e-6)) << c;
    }
    EXPECT_TRUE(found.narrow(1, 4, 2).lt(-1e38).all().item<bool>());
  }
}

TEST(Ncm, ASampleCountsInItsFirstEpochAlone) {
  ModelBench bench(plan_with({}));
  const auto data = task(0, 1), asked = task(0, 9);
  bench.begin_task(data);
  bench.train(7);
  const auto before = bench.predict(asked.raw);
  bench.observe(data.raw.narrow(0, 0, 5), data.labels.narrow(0, 0, 5));  // of the second epoch
  EXPECT_TRUE(bench.predict(asked.raw).equal(before));
}

// Two samples of class 0 and one of class 1, by hand: with ReLU units that pass their input on,
// the features of (x, y) are x and y. Means at length 1: (3, 4) and (4, 3) give (1, 1) / sqrt(2).
TEST(Ncm, ByHand) {
  auto plan = plan_with({});
  plan.backbone_options = {{"width", "2"}, {"depth", "1"}};
  plan.blocks = {2};
  ModelBench bench(plan);
  bench.values().narrow(0, 0, 6).copy_(at::tensor({1, 0, 0, 1, 0, 0}, at::kFloat));
  const auto raw = at::tensor({3.F, 4.F, 4.F, 3.F, 10.F, 0.F}).view({3, 2});
  bench.begin_task({raw, at::tensor({0, 0, 1}, at::kLong), {0, 1}});
  bench.train(3);
  bench.end_task();
  const auto found = bench.predict(at::tensor({0.F, 2.F}).view({1, 2}));
  EXPECT_NEAR(found[0][0].item<double>(), -(2 - std::sqrt(2.0)), 1e-6);
  EXPECT_NEAR(found[0][1].item<double>(), -2, 1e-6);
}

TEST(Ncm, ReplayTrainsAsErDoes) {
  ModelBench ncm(plan_with(
      {{"source", "memory"}, {"backbone", "replay"}, {"buffer-size", "8"}, {"minibatch", "3"}}));
  auto plan = plan_with({{"buffer-size", "8"}, {"minibatch", "3"}});
  plan.model = "er";
  ModelBench er(plan);
  for (int t = 0; t < 2; ++t) {
    for (auto* bench : {&ncm, &er}) {
      bench->begin_task(task(t, 1));
      bench->train(5);
      bench->end_task();
    }
    EXPECT_TRUE(ncm.values().equal(er.values())) << t;
  }
}

TEST(Ncm, MeansOfTheMemoryFollowTheWeights) {
  ModelBench bench(
      plan_with({{"source", "memory"}, {"backbone", "replay"}, {"buffer-size", "40"}}));
  const auto asked = task(0, 9).raw;
  for (int t = 0; t < 2; ++t) {
    bench.begin_task(task(t, 1));
    EXPECT_NO_THROW(bench.predict(asked));
    bench.train(5);
    for (int c = 0; c < 2 * t + 2; ++c) {  // the memory holds every sample
      const auto expected = scores_of(bench, asked, of_class(task(c / 2, 1), c), true);
      EXPECT_TRUE(bench.predict(asked).select(1, c).allclose(expected, 1e-4, 1e-6)) << c;
    }
    bench.end_task();
  }
}

TEST(Ncm, TheFirstTaskTrainsAndLaterOnesDoNot) {
  ModelBench ncm(plan_with({{"backbone", "first-task"}}));
  auto plan = plan_with({});
  plan.model = "sgd";
  ModelBench sgd(plan);
  for (auto* bench : {&ncm, &sgd}) {
    bench->begin_task(task(0, 1));
    bench->train(5);
    bench->end_task();
  }
  EXPECT_TRUE(ncm.values().equal(sgd.values()));
  ncm.begin_task(task(1, 1));
  ncm.train(5);
  ncm.end_task();
  EXPECT_TRUE(ncm.values().equal(sgd.values()));
  const auto asked = task(0, 9).raw;
  for (int c = 0; c < 4; ++c) {  // all means under the weights after the first task
    const auto expected = scores_of(ncm, asked, of_class(task(c / 2, 1), c), true);
    EXPECT_TRUE(ncm.predict(asked).select(1, c).allclose(expected, 1e-4, 1e-6)) << c;
  }
}

TEST(Ncm, MomentumMixesTheMeansOfAClassThatComesBack) {
  for (const double kept : {0.0, 0.25}) {
    ModelBench bench(plan_with(
        {{"source", "current"}, {"normalize", "false"}, {"momentum", std::to_string(kept)}}));
    at::Tensor means[2];
    for (int round = 0; round < 2; ++round) {
      const auto data = random_task(20, {2}, {0, 1}, static_cast<std::uint64_t>(round) + 1);
      bench.begin_task(data);
      bench.train(5);
      bench.end_task();
      means[round] = features(bench, of_class(data, 0)).mean(0);
    }
    const auto asked = task(0, 9).raw;
    const auto mean = means[1] * (1 - kept) + means[0] * kept;
    const auto expected = -(features(bench, asked) - mean).square().sum(1);
    EXPECT_TRUE(bench.predict(asked).select(1, 0).allclose(expected, 1e-4, 1e-6)) << kept;
  }
}

TEST(Ncm, RefusesOptionsThatWouldDoNothing) {
  EXPECT_ANY_THROW(ModelBench(plan_with({{"backbone", "replay"}})));
  EXPECT_ANY_THROW(ModelBench(plan_with({{"backbone", "replay"}, {"buffer-size", "9"}})));
  EXPECT_ANY_THROW(ModelBench(plan_with({{"source", "memory"}})));
  EXPECT_ANY_THROW(ModelBench(plan_with({{"buffer-size", "9"}})));
  EXPECT_ANY_THROW(ModelBench(plan_with({{"momentum", "0.5"}})));
  const OptionTexts memory{{"source", "memory"}, {"buffer-size", "9"}};
  EXPECT_NO_THROW(ModelBench(plan_with(memory)));
  auto options = memory;
  options["minibatch"] = "3";
  EXPECT_ANY_THROW(ModelBench(plan_with(options)));
  options["backbone"] = "replay";
  EXPECT_NO_THROW(ModelBench(plan_with(options)));
  for (const OptionTexts& given :
       {OptionTexts{{"source", "current"}}, OptionTexts{{"backbone", "first-task"}}}) {
    auto plan = plan_with(given);
    EXPECT_NO_THROW(ModelBench{plan});
    plan.scenario = clh::Scenario::kTaskFree;
    EXPECT_ANY_THROW(ModelBench{plan});
  }
}

}  // namespace ncm_test
