#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>

#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace ewc_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

at::Tensor kept(const ModelHarness& harness, const char* key) {
  return std::get<at::Tensor>(harness.model_state()->children.at("penalty")->values.at(key));
}

/// So small a rate that float32 values do not move: observe() then only measures.
constexpr double kStandstill = 1e-30;

class EwcTest : public ::testing::Test {
 protected:
  /// A harness within its last task, after a step or two away from the last anchor. Anchors and
  /// Fishers of the ended tasks are in `anchors` and `fishers`.
  std::unique_ptr<ModelHarness> in_last_task(const OptionTexts& options, int ended) {
    HarnessPlan plan{"ewc", options};
    plan.tasks = 4;
    auto harness = std::make_unique<ModelHarness>(plan);
    for (int t = 0; t < ended; ++t) {
      harness->begin_task(task(t));
      harness->train(4);
      harness->end_task();
      anchors.push_back(harness->values().clone());
    }
    harness->begin_task(task(ended));
    harness->network().arena().values().add_(0.3 * at::randn({harness->values().size(0)}, seed));
    return harness;
  }
  static HarnessTask task(int t) {
    return random_task(12, {2}, {0, 1, 2, 3}, static_cast<std::uint64_t>(t) + 1);
  }
  /// The model's objective on the last task's data at the present values.
  static double plain(const ModelHarness& harness, const HarnessTask& data) {
    return at::cross_entropy_loss(harness.forward(data.raw), data.labels).item<double>();
  }

  std::vector<at::Tensor> anchors;
  at::Generator seed = at::detail::createCPUGenerator(5);
};

TEST_F(EwcTest, HasNoPenaltyAtTheAnchor) {
  ModelHarness harness({"ewc", {{"lambda", "50"}}});
  harness.begin_task(task(0));
  harness.train(4);
  harness.end_task();
  harness.begin_task(task(1));
  const auto data = task(1);
  const auto loss = at::cross_entropy_loss(harness.forward(data.raw), data.labels);
  const auto gradient = harness.gradient_of(loss);
  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-6);
  EXPECT_TRUE(harness.grads().equal(gradient));
}

TEST_F(EwcTest, PenaltyIsLambdaTimesFisherTimesSquare) {
  for (const std::string half : {"true", "false"}) {
    anchors.clear();
    const auto harness = in_last_task({{"lambda", "5"}, {"half-lambda", half}}, 1);
    const auto data = task(1);
    const auto drift = harness->values() - anchors[0];
    const auto penalty = (half == "true" ? 2.5 : 5.0) *
                         (kept(*harness, "importance") * drift.square()).sum().item<double>();
    ASSERT_GT(penalty, 0.05);
    const auto expected = plain(*harness, data) + penalty;
    EXPECT_NEAR(harness->observe(data.raw, data.labels), expected, 1e-5 * expected) << half;
  }
}

/// The gradient that the step used against the objective that it reported.
TEST_F(EwcTest, GradientIsThatOfTheReportedLoss) {
  for (const auto& options :
       {OptionTexts{{"lambda", "20"}}, OptionTexts{{"lambda", "20"}, {"half-lambda", "false"}},
        OptionTexts{{"lambda", "20"}, {"mode", "separate"}},
        OptionTexts{{"lambda", "20"}, {"formula", "reference-code"}},
        OptionTexts{{"lambda", "20"}, {"gamma", "0.5"}}}) {
    const auto harness = in_last_task(options, 2);
    const auto data = task(2);
    harness->set_rate(kStandstill);
    const auto at_rest = harness->values().clone();
    harness->observe(data.raw, data.labels);
    const auto gradient = harness->grads().clone();
    ASSERT_TRUE(harness->values().equal(at_rest));
    constexpr double kStep = 1e-2;
    for (std::int64_t i = 0; i < gradient.size(0); ++i) {
      harness->values()[i] += kStep;
      const auto up = harness->observe(data.raw, data.labels);
      harness->values()[i] -= 2 * kStep;
      const auto down = harness->observe(data.raw, data.labels);
      harness->values().copy_(at_rest);
      // Float32 losses of order 1 give 1e-5 of noise; the third derivative about as much.
      EXPECT_NEAR(gradient[i].item<double>(), (up - down) / (2 * kStep), 2e-3) << i;
    }
  }
}

TEST_F(EwcTest, NeverOvershootsTheAnchorUnlessAsPublished) {
  for (const std::string formula : {"paper", "reference-code"}) {
    anchors.clear();
    const auto harness = in_last_task({{"lambda", "1e4"}, {"formula", formula}}, 1);
    const auto data = task(1);
    const auto drift = harness->values() - anchors[0];
    const auto loss = at::cross_entropy_loss(harness->forward(data.raw), data.labels);
    const auto gradient = harness->gradient_of(loss);
    const auto stiffness = kept(*harness, "importance") * (formula == "reference-code" ? 2e4 : 1e4);
    ASSERT_TRUE(stiffness.gt(10).any().item<bool>());  // 1 / rate
    const auto bounded = formula == "reference-code" ? stiffness : stiffness.clamp_max(10);
    const auto expected = loss.item<double>() + (bounded * drift.square()).sum().item<double>() / 2;
    EXPECT_NEAR(harness->observe(data.raw, data.labels), expected, 1e-5 * expected) << formula;
    EXPECT_TRUE(harness->grads().allclose(gradient + bounded * drift, 1e-4, 1e-4)) << formula;

    harness->set_rate(kStandstill);  // the bound follows the rate
    const auto moved = harness->values() - anchors[0];
    const auto plain_loss = plain(*harness, data);
    const auto penalty = (stiffness * moved.square()).sum().item<double>() / 2;
    EXPECT_NEAR(harness->observe(data.raw, data.labels) / (plain_loss + penalty), 1, 1e-4)
        << formula;
  }
}

TEST_F(EwcTest, OnlineFisherDecaysAndAdds) {
  const OptionTexts decaying{{"gamma", "0.25"}}, forgetful{{"gamma", "0"}};
  ModelHarness harness({"ewc", decaying}), last_only({"ewc", forgetful});
  at::Tensor first;
  for (int t = 0; t < 2; ++t) {
    for (auto* one : {&harness, &last_only}) {
      one->begin_task(task(t));
      if (t == 0) {
        one->train(4);
      }
      one->end_task();
    }
    if (t == 0) {
      first = kept(harness, "importance");
      ASSERT_TRUE(first.equal(kept(last_only, "importance")));
    }
  }
  const auto second = kept(last_only, "importance");
  EXPECT_FALSE(second.allclose(first));
  EXPECT_TRUE(kept(harness, "importance").allclose(0.25 * first + second));
  EXPECT_TRUE(kept(harness, "anchor").equal(harness.values()));
}

TEST_F(EwcTest, SeparateSpringsAddUp) {
  // Fishers of the single tasks, from a harness that keeps the last one only: without steps between
  // (standstill) both harnesses stand at the same values.
  ModelHarness separate({"ewc", {{"mode", "separate"}, {"lambda", "4"}}});
  ModelHarness single({"ewc", {{"gamma", "0"}, {"lambda", "4"}}});
  std::vector<at::Tensor> fishers;
  for (int t = 0; t < 3; ++t) {
    for (auto* harness : {&separate, &single}) {
      harness->begin_task(task(t));
    }
    const auto move = 0.5 * at::randn({separate.values().size(0)}, seed);
    separate.values().add_(move);
    single.values().copy_(separate.values());
    separate.end_task();
    single.end_task();
    fishers.push_back(kept(single, "importance"));
    anchors.push_back(separate.values().clone());
  }
  separate.begin_task(task(3));
  separate.values().add_(0.5);
  const auto data = task(3);
  const auto loss = at::cross_entropy_loss(separate.forward(data.raw), data.labels);
  auto expected = loss.item<double>();
  auto gradient = separate.gradient_of(loss);
  for (int t = 0; t < 3; ++t) {
    const auto drift = separate.values() - anchors[static_cast<std::size_t>(t)];
    const auto& fisher = fishers[static_cast<std::size_t>(t)];
    expected += 2.0 * (fisher * drift.square()).sum().item<double>();
    gradient += 4.0 * fisher * drift;
  }
  EXPECT_NEAR(separate.observe(data.raw, data.labels), expected, 1e-5 * expected);
  EXPECT_TRUE(separate.grads().allclose(gradient, 1e-4, 1e-5));
}

TEST_F(EwcTest, LeavesGrownParametersFree) {
  for (const std::string mode : {"online", "separate"}) {
    HarnessPlan plan{"ewc", {{"lambda", "5"}, {"mode", mode}}};
    plan.head = clh::core::HeadForm::kIncremental;
    plan.blocks = {2, 2, 2};
    plan.tasks = 3;
    ModelHarness harness(plan);
    harness.begin_task(random_task(12, {2}, {0, 1}, 1));
    harness.train(4);
    harness.end_task();
    const auto held = harness.values().size(0);
    const auto data = random_task(12, {2}, {2, 3}, 2);
    harness.begin_task(data);
    harness.values().add_(0.5);
    const auto plain_gradient =
        harness.gradient_of(at::cross_entropy_loss(harness.forward(data.raw), data.labels));
    harness.observe(data.raw, data.labels);
    const auto grown = harness.values().size(0) - held;
    ASSERT_GT(grown, 0);
    EXPECT_TRUE(
        harness.grads().narrow(0, held, grown).equal(plain_gradient.narrow(0, held, grown)));
    EXPECT_FALSE(harness.grads().narrow(0, 0, held).allclose(plain_gradient.narrow(0, 0, held)));
    harness.end_task();
    EXPECT_EQ(kept(harness, "importance").size(0), held + grown);  // and held from now on
    EXPECT_TRUE(kept(harness, "anchor")
                    .narrow(0, held, grown)
                    .equal(harness.values().narrow(0, held, grown)));
    harness.begin_task(random_task(12, {2}, {4, 5}, 3));
    EXPECT_TRUE(std::isfinite(harness.observe(data.raw, data.labels)));
  }
}

TEST_F(EwcTest, ReferenceCodeIsOnlineConfidenceWithoutHalf) {
  ModelHarness paper({"ewc", {{"formula", "reference-code"}, {"lambda", "3"}}});
  ModelHarness spelt(
      {"ewc", {{"fisher", "confidence"}, {"half-lambda", "false"}, {"lambda", "3"}}});
  for (int t = 0; t < 3; ++t) {
    for (auto* harness : {&paper, &spelt}) {
      harness->begin_task(task(t));
      harness->train(5);
      harness->end_task();
    }
  }
  EXPECT_TRUE(paper.values().equal(spelt.values()));
  EXPECT_TRUE(kept(paper, "importance").equal(kept(spelt, "importance")));
}

}  // namespace ewc_test
