#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include <cmath>
#include <set>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace er_aml_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

constexpr double kRate = 0.1;
constexpr double kTau = 0.2, kTau0 = 0.5;

/// A second task of classes 2 and 3 after a first one of 0 and 1. Memory is drawn whole.
class ErAmlTest : public ::testing::Test {
 protected:
  static std::unique_ptr<ModelHarness> harness(OptionTexts options) {
    HarnessPlan plan{"er-aml", std::move(options)};
    plan.options.insert(
        {{"minibatch", "50"}, {"buffer-size", "50"}, {"tau", "0.2"}, {"tau0", "0.5"}});
    plan.backbone_options["width"] = "8";
    plan.rate = kRate;
    return std::make_unique<ModelHarness>(plan);
  }
  /// Has seen `first` in the first task and `seen` in the second.
  std::unique_ptr<ModelHarness> after_both(OptionTexts options = {}) const {
    auto made = harness(std::move(options));
    made->begin_task(first);
    made->observe(first.raw, first.labels);
    made->end_task();
    made->begin_task(seen);
    made->observe(seen.raw, seen.labels);
    return made;
  }
  static at::Tensor cross_entropy(const ModelHarness& harness, const at::Tensor& raw,
                                  const at::Tensor& labels) {
    return at::cross_entropy_loss(harness.forward(raw), labels);
  }
  /// The contrast of one anchor with one positive and one negative: a softmax over the two.
  static at::Tensor contrast(ModelHarness& harness, const at::Tensor& anchor,
                             const at::Tensor& positive, const at::Tensor& negative) {
    const auto unit = [&](const at::Tensor& raw) {
      const auto f = harness.network().features(raw.unsqueeze(0))[0];
      return f / f.norm().clamp_min(1e-12);
    };
    const auto u = unit(anchor);
    const auto near = (u.dot(unit(positive)) / kTau).exp();
    const auto far = (u.dot(unit(negative)) / kTau).exp();
    return -(kTau / kTau0) * (near / (near + far)).log();
  }
  static void expect_step(ModelHarness& harness, const at::Tensor& raw, const at::Tensor& labels,
                          const at::Tensor& objective) {
    const auto expected = harness.values() - kRate * harness.gradient_of(objective);
    EXPECT_NEAR(harness.observe(raw, labels), objective.item<double>(), 1e-5);
    EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
  }

  const HarnessTask first = random_task(2, {2}, {0, 1}, 7);
  const HarnessTask seen = random_task(2, {2}, {2, 3}, 8);
  const HarnessTask next = random_task(2, {2}, {2, 3}, 9);
};

TEST_F(ErAmlTest, TakesPlainStepsInTheFirstTask) {
  const auto b = harness({});
  b->begin_task(first);
  b->observe(first.raw, first.labels);
  expect_step(*b, first.raw, first.labels, cross_entropy(*b, first.raw, first.labels));
}

TEST_F(ErAmlTest, FallsBackOnTheOutputsWhereNoSampleHasBothCounterparts) {
  const auto b = harness({});
  b->begin_task(first);
  b->observe(first.raw, first.labels);
  b->end_task();
  b->begin_task(seen);
  // Neither 2 nor 3 has another of its class, in memory or batch.
  expect_step(
      *b, seen.raw, seen.labels,
      cross_entropy(*b, seen.raw, seen.labels) + cross_entropy(*b, first.raw, first.labels));
}

TEST_F(ErAmlTest, ContrastsWithOneOfItsClassAndOneOfAnother) {
  const auto b = after_both();
  // The only other sample of class 2 is seen 0, the only one of class 3 seen 1.
  const auto raw = next.raw.narrow(0, 0, 1), labels = next.labels.narrow(0, 0, 1);
  const auto replayed =
      cross_entropy(*b, at::cat({first.raw, seen.raw}), at::cat({first.labels, seen.labels}));
  expect_step(*b, raw, labels, contrast(*b, raw[0], seen.raw[0], seen.raw[1]) + replayed);
}

// Two anchors of class 2 and 3: the set are both positives and both negatives, so that the negative
// of one may be the positive of the other. Enumerated; the memory's or the batch's sample each.
TEST_F(ErAmlTest, TheSetIsSharedByAllAnchors) {
  const auto b = after_both();
  const auto unit = [&](const at::Tensor& raw) {
    const auto f = b->network().features(raw).detach();
    return f / f.norm(2, 1, true).clamp_min(1e-12);
  };
  const auto replayed =
      cross_entropy(*b, at::cat({first.raw, seen.raw}), at::cat({first.labels, seen.labels}))
          .item<double>();
  std::vector<double> possible;
  const auto u = unit(next.raw), old = unit(seen.raw);
  // Positives of 2: seen 0. Negatives of 2: seen 1 or next 1; of 3: seen 0 or next 0.
  for (const auto& two : {old[1], u[1]}) {
    for (const auto& three : {old[0], u[0]}) {
      const std::vector<at::Tensor> set{old[0], old[1], two, three};
      const int labels[4] = {2, 3, 3, 2};
      double sum = 0;
      for (std::int64_t i = 0; i < 2; ++i) {
        double all = 0, chosen = 0;
        for (std::size_t k = 0; k < 4; ++k) {
          all += std::exp(u[i].dot(set[k]).item<double>() / kTau);
        }
        for (std::size_t k = 0; k < 4; ++k) {
          chosen += labels[k] == i + 2 ? u[i].dot(set[k]).item<double>() / kTau - std::log(all) : 0;
        }
        sum -= kTau / kTau0 * chosen / 2 / 2;  // two positives, two anchors
      }
      possible.push_back(sum + replayed);
    }
  }
  const auto loss = b->observe(next.raw, next.labels);
  double nearest = 1;
  for (const auto value : possible) {
    nearest = std::min(nearest, std::abs(value - loss));
  }
  EXPECT_LT(nearest, 1e-5);
}

/// Which of the candidates were the negative of `raw` in many trials from the same state.
TEST_F(ErAmlTest, PushesOffClassesOfTheSameTaskUnlessToldOtherwise) {
  for (const std::string same : {"true", "false"}) {
    const auto b = after_both({{"neg-same-task", same}});
    b->set_rate(1e-12);  // the same state again and again; memory grows by class 2 alone
    const auto raw = next.raw.narrow(0, 0, 1), labels = next.labels.narrow(0, 0, 1);
    std::set<std::int64_t> found;
    const auto all = at::cat({first.raw, seen.raw, raw}),
               all_labels = at::cat({first.labels, seen.labels, labels});
    auto held = at::cat({first.raw, seen.raw}), held_labels = at::cat({first.labels, seen.labels});
    for (int trial = 0; trial < 40; ++trial) {
      const auto replayed = cross_entropy(*b, held, held_labels).item<double>();
      const auto loss = b->observe(raw, labels) - replayed;
      for (const std::int64_t negative : {0, 1, 3}) {
        for (const std::int64_t positive : {2, 4}) {
          const auto value = contrast(*b, raw[0], all[positive], all[negative]).item<double>();
          if (std::abs(value - loss) < 1e-5) {
            found.insert(negative);
          }
        }
      }
      held = at::cat({held, raw});
      held_labels = at::cat({held_labels, labels});
    }
    EXPECT_EQ(found,
              same == "true" ? (std::set<std::int64_t>{3}) : (std::set<std::int64_t>{0, 1, 3}));
  }
}

TEST_F(ErAmlTest, WithoutTasksTheClassesOfTheBatchAreTheTask) {
  const auto b = after_both({{"task-free", "true"}});
  const auto replayed = [&] {
    return cross_entropy(*b, at::cat({first.raw, seen.raw}), at::cat({first.labels, seen.labels}));
  };
  // Class 3 is not in the batch: nothing to push off.
  const auto raw = next.raw.narrow(0, 0, 1), labels = next.labels.narrow(0, 0, 1);
  expect_step(*b, raw, labels, cross_entropy(*b, raw, labels) + replayed());

  // From the first task on: each has its like in memory, and of the other class there are two.
  const auto early = harness({{"task-free", "true"}});
  early->begin_task(first);
  early->observe(first.raw, first.labels);
  const auto f = early->network().features(first.raw);
  const auto u = f / f.norm(2, 1, true);
  const auto near = (u[0].dot(u[0]) / kTau).exp(), far = (u[0].dot(u[1]) / kTau).exp();
  const auto loss = -(kTau / kTau0) * (near / (2 * near + 2 * far)).log();
  expect_step(*early, first.raw, first.labels,
              loss + cross_entropy(*early, first.raw, first.labels));
}

}  // namespace er_aml_test
