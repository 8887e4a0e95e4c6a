#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "gated_state.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace adahat_test {

using clh::test::attention_of;
using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;
using clh::test::rewrite;
using clh::test::slice;
using clh::test::TestRun;

constexpr std::int64_t kWidth = 15;

HarnessTask task(int t) {
  return random_task(12, {5}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// A harness that begins its third task; the masks of the two before it, and the embedding, by
/// hand.
std::unique_ptr<ModelHarness> in_third_task(const OptionTexts& options, const at::Tensor& first,
                                            const at::Tensor& second, const at::Tensor& e) {
  HarnessPlan plan{"adahat", options};
  plan.input = {5};
  plan.backbone_options = {{"width", std::to_string(kWidth)}, {"depth", "2"}};
  plan.head = clh::core::HeadForm::kMultiHead;
  plan.blocks = {2, 2, 2};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.tasks = 3;
  auto harness = std::make_unique<ModelHarness>(plan);
  for (int t = 0; t < 2; ++t) {
    harness->begin_task(task(t));
    harness->train(4);
    harness->end_task();
  }
  harness->begin_task(task(2));
  rewrite(*harness, task(2), 2, [&](clh::core::StateRecord& state) {
    attention_of(state).values["embedding"] = e.clone();
    attention_of(state).children.at("masks")->values["0"] = first.clone();
    attention_of(state).children.at("masks")->values["1"] = second.clone();
  });
  return harness;
}

TEST(Adahat, ScalesEachMovementByTheRateOfThePaper) {
  // In both layers unit 0 is used by both tasks, unit 1 by the first, unit 2 by the second; in the
  // second layer units 3 and 4 by the first too: ten units are left there, too few for an R.
  auto first = at::zeros({2 * kWidth}), second = at::zeros({2 * kWidth});
  for (const int u : {0, 1, 15, 16, 18, 19}) {
    first[u] = 1;
  }
  for (const int u : {0, 2, 15, 17}) {
    second[u] = 1;
  }
  const auto uses = first + second;
  const auto e = 0.8 * at::randn({2 * kWidth}, at::detail::createCPUGenerator(4));
  for (const OptionTexts& ablation :
       {OptionTexts{}, OptionTexts{{"summative", "false"}}, OptionTexts{{"sparsity", "false"}}}) {
    OptionTexts options{{"alpha", "0.3"}, {"epsilon", "0.2"}, {"s-max", "3"}};
    options.insert(ablation.begin(), ablation.end());
    const bool no_sum = ablation.count("summative") != 0, no_reg = ablation.count("sparsity") != 0;
    const auto harness = in_third_task(options, first, second, e);
    harness->values().add_(0.1);  // so that no unit is dead on all samples
    double share = 0;
    for (std::int64_t u = 3; u < kWidth; ++u) {  // twelve free units in the first layer
      share += 1 / (1 + std::exp(-3 * e[u].item<double>())) / 12;
    }
    const double r[] = {0.3 / (0.2 + (no_reg ? 0 : share)), 0.3 / 0.2};
    const auto before = harness->values().clone();
    harness->train(12);
    const auto moved = before - harness->values();
    const auto whole = 0.1 * harness->grads();
    double total = 0;
    const auto expect = [&](const std::string& name, std::int64_t i, std::int64_t j, int layer,
                            double importance) {
      const auto at = [&](const at::Tensor& flat) {
        const auto view = slice(*harness, flat, name);
        return (j < 0 ? view[i] : view[i][j]).item<double>();
      };
      const double rate = r[layer] / ((no_sum ? 3 : importance) + r[layer]);
      total += std::abs(at(whole));
      EXPECT_NEAR(at(moved), rate * at(whole), 1e-6) << name << i << "," << j;
    };
    const auto used = [&](std::int64_t unit) { return uses[unit].item<double>(); };
    for (std::int64_t i = 0; i < kWidth; ++i) {
      expect("backbone.fc1.bias", i, -1, 0, used(i));
      expect("backbone.fc2.bias", i, -1, 1, used(kWidth + i));
      for (std::int64_t j = 0; j < 5; ++j) {
        expect("backbone.fc1.weight", i, j, 0, used(i));
      }
      for (std::int64_t j = 0; j < kWidth; ++j) {
        expect("backbone.fc2.weight", i, j, 1, std::min(used(kWidth + i), used(j)));
      }
    }
    EXPECT_GT(total, 0.01);
    for (const char* name : {"head.0.weight", "head.1.weight", "head.0.bias", "head.1.bias"}) {
      EXPECT_TRUE(slice(*harness, moved, name).eq(0).all().item<bool>()) << name;
    }
    EXPECT_TRUE(slice(*harness, moved, "head.2.weight")
                    .allclose(slice(*harness, whole, "head.2.weight"), 1e-4, 1e-6));
  }
}

/// The largest movement, in the tasks after the first, of a weight between units of the first.
double drift(const std::string& alpha) {
  TestRun run({"model=adahat", "model.alpha=" + alpha, "dataset=tiny", "stream.scenario=task-il",
               "head=multi-head", "train.batch-size=20", "train.iterations=6", "optimizer=adam",
               "optimizer.lr=0.01", "optimizer.reset=never", "backbone.width=20",
               "eval.unseen-tasks=false"});
  run.train(6);
  run.loop().advance();  // the epoch's end
  run.loop().advance();  // the task's end
  const auto state = run.save();
  const auto& masks = *state->children.at("model")
                           ->children.at("state")
                           ->children.at("attention")
                           ->children.at("masks");
  const auto mask = std::get<at::Tensor>(masks.values.at("0"));
  const auto lower = mask.narrow(0, 0, 20), upper = mask.narrow(0, 20, 20);
  const auto between = upper.unsqueeze(1).mul(lower).gt(0);
  const auto weights = [&] {
    const auto& slot = run.experiment().network()->info().slots[2];
    EXPECT_STREQ(slot.name, "backbone.fc2.weight");
    return run.values().narrow(0, slot.offset, slot.count).view({20, 20});
  };
  const auto before = weights();
  EXPECT_TRUE(between.any().item<bool>());
  run.train();
  EXPECT_EQ(run.loop().steps(), 30);
  return (weights() - before).abs().masked_select(between).max().item<double>();
}

// No step of Adam passes rate * (1 - beta1) / sqrt(1 - beta2) = 3.2 rate, whatever the gradient's
// scale: had the gradient been scaled and not the movement, alpha would mean nothing.
TEST(Adahat, DriftIsBoundedUnderAdam) {
  for (const char* alpha : {"1e-2", "1e-4"}) {
    const double r = std::stod(alpha) / 0.1;  // R >= 0
    const double found = drift(alpha);
    EXPECT_GT(found, 0);
    EXPECT_LE(found, 24 * 3.2 * 0.01 * r / (1 + r) + 1e-7) << alpha;
  }
}

}  // namespace adahat_test
