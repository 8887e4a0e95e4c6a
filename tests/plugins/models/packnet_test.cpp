#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <vector>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace packnet_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

// fc1 weight (8x2) and bias (8), fc2 weight (8x8) and bias (8), head weight (4x8) and bias (4).
constexpr std::int64_t kFirst = 16, kFirstBias = 16, kSecond = 24, kSecondBias = 88, kHead = 96;

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"packnet", std::move(options)};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.backbone_options = {{"width", "8"}, {"depth", "2"}};
  return plan;
}

HarnessTask task(int t) {
  return random_task(20, {2}, {2 * (t % 2), 2 * (t % 2) + 1}, static_cast<std::uint64_t>(t) + 1);
}

at::Tensor owners(const ModelHarness& harness) {
  return std::get<at::Tensor>(harness.model_state()->values.at("owner"));
}

/// Outputs [B, 4] of the network with these values, by hand.
at::Tensor outputs(const at::Tensor& values, const at::Tensor& x) {
  const auto part = [&](std::int64_t offset, std::vector<std::int64_t> shape) {
    return values.narrow(0, offset, shape.size() == 2 ? shape[0] * shape[1] : shape[0]).view(shape);
  };
  auto h = at::linear(x, part(0, {8, 2}), part(kFirstBias, {8})).relu();
  h = at::linear(h, part(kSecond, {8, 8}), part(kSecondBias, {8})).relu();
  return at::linear(h, part(kHead, {4, 8}), part(kHead + 32, {4}));
}

TEST(PackNet, PrunesTheSmallestFreeWeightsOfEachLayer) {
  ModelHarness harness(plan_with({{"prune", "0.3"}, {"post-prune-epochs", "0"}}));
  std::int64_t free_first = 16, free_second = 64;
  for (int t = 0; t < 3; ++t) {
    harness.begin_task(task(t));
    harness.train(5);
    const auto trained = harness.values().clone(), before = owners(harness);
    harness.end_task();
    const auto now = owners(harness);
    for (const auto& [offset, count, free] :
         {std::tuple<std::int64_t, std::int64_t, std::int64_t&>{0, kFirst, free_first},
          std::tuple<std::int64_t, std::int64_t, std::int64_t&>{kSecond, 64, free_second}}) {
      const auto pruned = static_cast<std::int64_t>(0.3 * static_cast<double>(free));
      std::vector<std::pair<float, std::int64_t>> sizes;  // of this task's weights
      for (std::int64_t i = offset; i < offset + count; ++i) {
        if (before[i].item<std::int64_t>() == t) {
          sizes.emplace_back(std::abs(trained[i].item<float>()), i);
        } else {
          EXPECT_EQ(now[i].item<std::int64_t>(), before[i].item<std::int64_t>());
        }
      }
      ASSERT_EQ(static_cast<std::int64_t>(sizes.size()), free);
      std::sort(sizes.begin(), sizes.end());
      for (std::int64_t i = 0; i < free; ++i) {
        const auto place = sizes[static_cast<std::size_t>(i)].second;
        EXPECT_EQ(now[place].item<std::int64_t>(), i < pruned ? t + 1 : t);
        EXPECT_EQ(harness.values()[place].item<float>(),
                  i < pruned ? 0.0F : trained[place].item<float>());
      }
      free = pruned;
    }
  }
}

TEST(PackNet, ATaskIsAnsweredByItsWeightsAndThoseBeforeIt) {
  ModelHarness harness(plan_with({}));
  std::vector<at::Tensor> heads;
  const auto x = task(7).raw;
  for (int t = 0; t < 3; ++t) {
    harness.begin_task(task(t));
    harness.train(5);
    harness.end_task();
    heads.push_back(harness.values().narrow(0, kHead, 36).clone());
  }
  for (int t = 0; t < 3; ++t) {
    auto values = harness.values().clone();
    values.masked_fill_(owners(harness).gt(t), 0);
    values.narrow(0, kHead, 36).copy_(heads[static_cast<std::size_t>(t)]);
    EXPECT_TRUE(harness.predict(x, t).allclose(outputs(values, x), 1e-5, 1e-6)) << t;
  }
  EXPECT_FALSE(harness.predict(x, 0).allclose(harness.predict(x, 2), 1e-3, 1e-3));
}

TEST(PackNet, OnlyFreeWeightsAndTheHeadTrainAfterTheFirstTask) {
  ModelHarness harness(plan_with({}));
  harness.begin_task(task(0));
  const auto initial = harness.values().clone();
  harness.train(5);
  EXPECT_TRUE(harness.values().ne(initial).narrow(0, kFirstBias, 8).any().item<bool>());
  harness.end_task();
  const auto kept = harness.values().clone(), owner = owners(harness);
  harness.begin_task(task(1));
  harness.train(5);
  const auto changed = harness.values().ne(kept);
  EXPECT_FALSE(changed.logical_and(owner.eq(0)).any().item<bool>());
  EXPECT_FALSE(changed.narrow(0, kFirstBias, 8).any().item<bool>());
  EXPECT_FALSE(changed.narrow(0, kSecondBias, 8).any().item<bool>());
  EXPECT_TRUE(changed.logical_and(owner.eq(1)).any().item<bool>());
  EXPECT_TRUE(changed.narrow(0, kHead, 36).any().item<bool>());
}

// Its own weights move and pruned ones do not: the epochs after the pruning are those of a network
// that never had the pruned weights, in the order of the model's stream.
TEST(PackNet, TrainsTheRestAfterThePruning) {
  ModelHarness harness(plan_with({{"post-prune-epochs", "2"}}));
  ModelHarness slow(plan_with({{"post-prune-epochs", "0"}}));
  for (auto* each : {&harness, &slow}) {
    each->begin_task(task(0));
    each->train(20);
    each->end_task();
  }
  const auto pruned = owners(slow).eq(1);
  EXPECT_TRUE(pruned.equal(owners(harness).eq(1)));
  EXPECT_EQ(pruned.sum().item<std::int64_t>(), 8 + 32);
  for (int epoch = 0; epoch < 2; ++epoch) {  // one batch, so that the order does not matter
    const auto loss = at::cross_entropy_loss(slow.forward(task(0).raw), task(0).labels);
    const auto gradient = slow.gradient_of(loss);
    slow.values().sub_(gradient.masked_fill(pruned, 0), 0.1);
  }
  EXPECT_TRUE(harness.values().allclose(slow.values(), 1e-4, 1e-6));
}

TEST(PackNet, AHeadThatGrowsLeavesOldOutputsAlone) {
  auto plan = plan_with({});
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2};
  ModelHarness harness(plan);
  const auto x = task(7).raw;
  harness.begin_task(task(0));
  harness.train(5);
  harness.end_task();
  const auto before = harness.predict(x, 0);
  harness.begin_task(task(1));
  harness.train(5);
  harness.end_task();
  EXPECT_TRUE(harness.predict(x, 0).narrow(1, 0, 2).equal(before));
  EXPECT_EQ(harness.predict(x, 0).size(1), 4);
}

}  // namespace packnet_test
