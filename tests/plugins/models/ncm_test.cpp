#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace ncm_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessTask task(int t, std::uint64_t seed) {
  return random_task(20, {2}, {2 * t, 2 * t + 1}, seed);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"ncm", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  return plan;
}

at::Tensor unit(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

at::Tensor features(ModelHarness& harness, const at::Tensor& raw) {
  return harness.network().features(raw).detach();
}

/// Scores -|u - mu|^2 of a class whose samples are `members`, in one pass over all of them.
at::Tensor scores_of(ModelHarness& harness, const at::Tensor& raw, const at::Tensor& members,
                     bool normalize) {
  const auto f = features(harness, members), x = features(harness, raw);
  auto mean = (normalize ? unit(f) : f).mean(0, true);
  mean = normalize ? unit(mean) : mean;
  return -((normalize ? unit(x) : x) - mean).square().sum(1);
}

at::Tensor of_class(const HarnessTask& data, std::int64_t c) {
  return data.raw.index_select(0, data.labels.eq(c).nonzero().squeeze(1));
}

TEST(Ncm, StreamedMeansAreThoseOfAllSamplesAtOnce) {
  for (const std::string normalize : {"true", "false"}) {
    ModelHarness harness(plan_with({{"normalize", normalize}}));
    const auto before = harness.values().clone();
    for (int t = 0; t < 2; ++t) {
      harness.begin_task(task(t, 1));
      harness.train(7);
      harness.end_task();
    }
    EXPECT_TRUE(harness.values().equal(before));  // the network stays as it came
    const auto asked = task(0, 9).raw, found = harness.predict(asked);
    ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{20, 6}));
    for (int c = 0; c < 4; ++c) {
      const auto expected =
          scores_of(harness, asked, of_class(task(c / 2, 1), c), normalize == "true");
      EXPECT_TRUE(found.select(1, c).allclose(expected, 1e-4, 1e-6)) << c;
    }
    EXPECT_TRUE(found.narrow(1, 4, 2).lt(-1e38).all().item<bool>());
  }
}

TEST(Ncm, ASampleCountsInItsFirstEpochAlone) {
  ModelHarness harness(plan_with({}));
  const auto data = task(0, 1), asked = task(0, 9);
  harness.begin_task(data);
  harness.train(7);
  const auto before = harness.predict(asked.raw);
  harness.observe(data.raw.narrow(0, 0, 5), data.labels.narrow(0, 0, 5));  // of the second epoch
  EXPECT_TRUE(harness.predict(asked.raw).equal(before));
}

// Two samples of class 0 and one of class 1, by hand: with ReLU units that pass their input on,
// the features of (x, y) are x and y. Means at length 1: (3, 4) and (4, 3) give (1, 1) / sqrt(2).
TEST(Ncm, ByHand) {
  auto plan = plan_with({});
  plan.backbone_options = {{"width", "2"}, {"depth", "1"}};
  plan.blocks = {2};
  ModelHarness harness(plan);
  harness.values().narrow(0, 0, 6).copy_(at::tensor({1, 0, 0, 1, 0, 0}, at::kFloat));
  const auto raw = at::tensor({3.F, 4.F, 4.F, 3.F, 10.F, 0.F}).view({3, 2});
  harness.begin_task({raw, at::tensor({0, 0, 1}, at::kLong), {0, 1}});
  harness.train(3);
  harness.end_task();
  const auto found = harness.predict(at::tensor({0.F, 2.F}).view({1, 2}));
  EXPECT_NEAR(found[0][0].item<double>(), -(2 - std::sqrt(2.0)), 1e-6);
  EXPECT_NEAR(found[0][1].item<double>(), -2, 1e-6);
}

TEST(Ncm, ReplayTrainsAsErDoes) {
  ModelHarness ncm(plan_with(
      {{"source", "memory"}, {"backbone", "replay"}, {"buffer-size", "8"}, {"minibatch", "3"}}));
  auto plan = plan_with({{"buffer-size", "8"}, {"minibatch", "3"}});
  plan.model = "er";
  ModelHarness er(plan);
  for (int t = 0; t < 2; ++t) {
    for (auto* harness : {&ncm, &er}) {
      harness->begin_task(task(t, 1));
      harness->train(5);
      harness->end_task();
    }
    EXPECT_TRUE(ncm.values().equal(er.values())) << t;
  }
}

TEST(Ncm, MeansOfTheMemoryFollowTheWeights) {
  ModelHarness harness(
      plan_with({{"source", "memory"}, {"backbone", "replay"}, {"buffer-size", "40"}}));
  const auto asked = task(0, 9).raw;
  for (int t = 0; t < 2; ++t) {
    harness.begin_task(task(t, 1));
    EXPECT_NO_THROW(harness.predict(asked));
    harness.train(5);
    for (int c = 0; c < 2 * t + 2; ++c) {  // the memory holds every sample
      const auto expected = scores_of(harness, asked, of_class(task(c / 2, 1), c), true);
      EXPECT_TRUE(harness.predict(asked).select(1, c).allclose(expected, 1e-4, 1e-6)) << c;
    }
    harness.end_task();
  }
}

TEST(Ncm, TheFirstTaskTrainsAndLaterOnesDoNot) {
  ModelHarness ncm(plan_with({{"backbone", "first-task"}}));
  auto plan = plan_with({});
  plan.model = "sgd";
  ModelHarness sgd(plan);
  for (auto* harness : {&ncm, &sgd}) {
    harness->begin_task(task(0, 1));
    harness->train(5);
    harness->end_task();
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
    ModelHarness harness(plan_with(
        {{"source", "current"}, {"normalize", "false"}, {"momentum", std::to_string(kept)}}));
    at::Tensor means[2];
    for (int round = 0; round < 2; ++round) {
      const auto data = random_task(20, {2}, {0, 1}, static_cast<std::uint64_t>(round) + 1);
      harness.begin_task(data);
      harness.train(5);
      harness.end_task();
      means[round] = features(harness, of_class(data, 0)).mean(0);
    }
    const auto asked = task(0, 9).raw;
    const auto mean = means[1] * (1 - kept) + means[0] * kept;
    const auto expected = -(features(harness, asked) - mean).square().sum(1);
    EXPECT_TRUE(harness.predict(asked).select(1, 0).allclose(expected, 1e-4, 1e-6)) << kept;
  }
}

TEST(Ncm, RefusesOptionsThatWouldDoNothing) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"backbone", "replay"}})));
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"backbone", "replay"}, {"buffer-size", "9"}})));
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"source", "memory"}})));
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "9"}})));
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"momentum", "0.5"}})));
  const OptionTexts memory{{"source", "memory"}, {"buffer-size", "9"}};
  EXPECT_NO_THROW(ModelHarness(plan_with(memory)));
  auto options = memory;
  options["minibatch"] = "3";
  EXPECT_ANY_THROW(ModelHarness(plan_with(options)));
  options["backbone"] = "replay";
  EXPECT_NO_THROW(ModelHarness(plan_with(options)));
  for (const OptionTexts& given :
       {OptionTexts{{"source", "current"}}, OptionTexts{{"backbone", "first-task"}}}) {
    auto plan = plan_with(given);
    EXPECT_NO_THROW(ModelHarness{plan});
    plan.scenario = clh::Scenario::kTaskFree;
    EXPECT_ANY_THROW(ModelHarness{plan});
  }
}

}  // namespace ncm_test
