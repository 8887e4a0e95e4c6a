#include <ATen/TensorOperators.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace icarl_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessTask task(int t) {
  return random_task(20, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"icarl", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  return plan;
}

/// Exemplars [n, ...] of the i-th class seen.
at::Tensor exemplars(const ModelHarness& harness, int i) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("exemplars")->children.at("raw")->values.at(std::to_string(i)));
}

at::Tensor features(ModelHarness& harness, const at::Tensor& raw, bool unit = true) {
  const auto f = harness.network().features(raw).detach();
  return unit ? f / f.norm(2, 1, true).clamp_min(1e-12) : f;
}

void run(ModelHarness& harness, int t) {
  harness.begin_task(task(t));
  harness.train(10);
  harness.end_task();
}

TEST(Icarl, LossIsTheBinaryCrossEntropyOverSeenOutputsPlusDecay) {
  for (const std::string active : {"seen", "all"}) {
    ModelHarness harness(plan_with({{"weight-decay", "0.01"}, {"active", active}}));
    const auto data = task(0);
    harness.begin_task(data);
    const std::int64_t first = active == "seen" ? 2 : 6;
    const auto one_hot = at::one_hot(data.labels, 6).to(at::kFloat);
    const auto loss = at::binary_cross_entropy_with_logits(
        harness.forward(data.raw).narrow(1, 0, first), one_hot.narrow(1, 0, first));
    const auto gradient = harness.gradient_of(loss) + 0.02 * harness.values();
    const auto decay = 0.01 * harness.values().square().sum().item<double>();
    EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>() + decay, 1e-5);
    EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6));
  }
}

TEST(Icarl, OldOutputsAreTaughtByTheNetworkBeforeTheTask) {
  ModelHarness harness(plan_with({{"weight-decay", "0"}}));
  run(harness, 0);
  auto data = task(1);
  harness.begin_task(data);
  // An old exemplar too: its old outputs are taught, not one-hot.
  data.raw = at::cat({data.raw, exemplars(harness, 0).narrow(0, 0, 1)});
  data.labels = at::cat({data.labels, at::zeros({1}, at::kLong)});
  const auto taught = harness.forward(data.raw).detach().narrow(1, 0, 2).sigmoid();
  harness.observe(data.raw, data.labels);  // away from the teacher
  const auto target = at::cat({taught, at::one_hot(data.labels, 6).narrow(1, 2, 2)}, 1);
  const auto loss =
      at::binary_cross_entropy_with_logits(harness.forward(data.raw).narrow(1, 0, 4), target);
  const auto gradient = harness.gradient_of(loss);
  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-5);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6));
}

TEST(Icarl, KeepsAnEqualPartOfEachClassTheBestFirst) {
  ModelHarness harness(plan_with({{"buffer-size", "13"}}));
  std::vector<at::Tensor> before;
  for (int t = 0; t < 3; ++t) {
    run(harness, t);
    const std::int64_t quota = 13 / (2 * (t + 1));
    for (int i = 0; i < 2 * (t + 1); ++i) {
      const auto kept = exemplars(harness, i);
      ASSERT_EQ(kept.size(0), quota) << i;
      if (i < 2 * t) {
        EXPECT_TRUE(kept.equal(before[static_cast<std::size_t>(i)].narrow(0, 0, quota))) << i;
      }
    }
    before.clear();
    for (int i = 0; i < 2 * (t + 1); ++i) {
      before.push_back(exemplars(harness, i));
    }
  }
}

TEST(Icarl, ChoosesByHerdingOnUnitFeatures) {
  for (const std::string normalize : {"true", "false"}) {
    const bool unit = normalize == "true";
    ModelHarness harness(plan_with({{"buffer-size", "8"}, {"normalize", normalize}}));
    run(harness, 0);
    const auto data = task(0);
    for (int c = 0; c < 2; ++c) {
      const auto raw = data.raw.index_select(0, data.labels.eq(c).nonzero().squeeze(1));
      const auto f = features(harness, raw, unit), mean = f.mean(0);
      auto sum = at::zeros_like(mean);
      const auto kept = exemplars(harness, c);
      ASSERT_EQ(kept.size(0), 4);
      for (std::int64_t i = 0; i < 4; ++i) {
        const auto all = (mean - (sum + f) / static_cast<double>(i + 1)).norm(2, 1);
        const auto mine = features(harness, kept.narrow(0, i, 1), unit)[0];
        const auto distance = (mean - (sum + mine) / static_cast<double>(i + 1)).norm();
        // The best of all that were not chosen before.
        auto open = at::ones({raw.size(0)}, at::kBool);
        for (std::int64_t j = 0; j < i; ++j) {
          open = open.logical_and(raw.ne(kept[j]).any(1));
        }
        EXPECT_NEAR(distance.item<double>(), all.masked_select(open).min().item<double>(), 1e-5);
        sum += mine;
      }
    }
  }
}

TEST(Icarl, TrainsOnTheExemplarsAsTheyWere) {
  ModelHarness harness(plan_with({{"buffer-size", "8"}}));
  run(harness, 0);
  harness.begin_task(task(1));
  const auto raw = at::cat(harness.appended_raw()), labels = at::cat(harness.appended_labels());
  ASSERT_EQ(raw.size(0), 8);
  EXPECT_TRUE(labels.equal(at::tensor({0, 0, 0, 0, 1, 1, 1, 1}, at::kLong)));
  const auto source = task(0);
  for (std::int64_t i = 0; i < 8; ++i) {  // bit for bit samples of their class
    const auto same = source.raw.eq(raw[i]).all(1).logical_and(source.labels.eq(labels[i]));
    EXPECT_EQ(same.sum().item<std::int64_t>(), 1);
  }
}

TEST(Icarl, PredictsTheNearestClassMean) {
  ModelHarness harness(plan_with({{"buffer-size", "8"}}));
  const auto data = task(0);
  harness.begin_task(data);
  EXPECT_TRUE(harness.predict(data.raw).equal(harness.forward(data.raw)));  // no exemplars yet
  harness.train(10);
  harness.end_task();
  for (int round = 0; round < 2; ++round) {
    const auto u = features(harness, data.raw);
    const auto found = harness.predict(data.raw);
    ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{20, 6}));
    for (int c = 0; c < 2; ++c) {
      auto mean = features(harness, exemplars(harness, c)).mean(0);
      mean = mean / mean.norm();
      EXPECT_TRUE(found.select(1, c).allclose(-(u - mean).square().sum(1), 1e-4, 1e-5)) << c;
    }
    EXPECT_TRUE(found.narrow(1, 2, 4).lt(-1e38).all().item<bool>());
    harness.begin_task(task(1));  // the means follow the weights
    harness.train(10);
  }
}

TEST(Icarl, AveragesMirrorImages) {
  for (const std::string flip : {"auto", "on", "off"}) {
    auto plan = plan_with({{"buffer-size", "6"}, {"flip", flip}});
    plan.input = {3, 4, 4};
    ModelHarness harness(plan);
    const auto data = random_task(6, plan.input, {0}, 1);
    harness.begin_task(data);
    harness.train(3);
    harness.end_task();
    auto all = features(harness, exemplars(harness, 0));
    if (flip != "off") {
      all = at::cat({all, features(harness, exemplars(harness, 0).flip({-1}))});
    }
    auto mean = all.mean(0);
    mean = mean / mean.norm();
    const auto expected = -(features(harness, data.raw) - mean).square().sum(1);
    EXPECT_TRUE(harness.predict(data.raw).select(1, 0).allclose(expected, 1e-4, 1e-5)) << flip;
  }
}

TEST(Icarl, RefusesAMemoryWithoutASampleForEachClass) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "5"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"buffer-size", "6"}})));
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"formula", "reference-code"}, {"flip", "on"}})));
}

}  // namespace icarl_test
