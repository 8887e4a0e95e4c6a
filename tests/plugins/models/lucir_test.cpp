#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace lucir_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

/// Two classes, then three, then one.
HarnessTask task(int t) {
  const std::vector<std::vector<std::int64_t>> classes{{0, 1}, {2, 3, 4}, {5}};
  return random_task(30, {2}, classes[static_cast<std::size_t>(t)],
                     static_cast<std::uint64_t>(t) + 1);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"lucir", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  plan.backbone_options = {{"width", "4"}, {"depth", "1"}};
  return plan;
}

void run(ModelHarness& harness, int t) {
  harness.begin_task(task(t));
  harness.train(10);
  harness.end_task();
}

at::Tensor unit(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}
at::Tensor unit_features(ModelHarness& harness, const at::Tensor& raw) {
  return unit(harness.network().features(raw));
}

/// A leaf of the model's own, as the optimizer holds it.
at::Tensor leaf(ModelHarness& harness, const std::string& name) {
  const auto saved = harness.save();
  const auto& record = *saved->record.children.at("optimizer")->children.at("values." + name);
  return std::get<at::Tensor>(record.values.at("values")).clone();
}
/// Weights of the first `tasks` tasks, [classes, 4].
at::Tensor weights(ModelHarness& harness, int tasks) {
  std::vector<at::Tensor> blocks;
  for (int t = 0; t < tasks; ++t) {
    blocks.push_back(leaf(harness, "cosine.weights." + std::to_string(t)).view({-1, 4}));
  }
  return at::cat(blocks);
}

/// Sample by sample: sum over old samples and their `k` highest new cosines, over their number.
at::Tensor margin_ranking(const at::Tensor& cosines, const at::Tensor& labels, std::int64_t old,
                          std::size_t k, double margin) {
  auto sum = at::zeros({});
  double count = 0;
  for (std::int64_t i = 0; i < labels.size(0); ++i) {
    const auto y = labels[i].item<std::int64_t>();
    if (y >= old) {
      continue;
    }
    std::vector<std::pair<double, std::int64_t>> rivals;
    for (std::int64_t c = old; c < cosines.size(1); ++c) {
      rivals.emplace_back(-cosines[i][c].item<double>(), c);
    }
    std::sort(rivals.begin(), rivals.end());
    rivals.resize(std::min(k, rivals.size()));
    for (const auto& rival : rivals) {
      const auto gap = cosines[i][rival.second] - cosines[i][y] + margin;
      sum = gap.item<double>() > 0 ? sum + gap : sum;
      count += 1;
    }
  }
  return count > 0 ? sum / count : sum;
}

TEST(Lucir, OutputsAreScaledCosines) {
  ModelHarness harness(plan_with({}));
  run(harness, 0);
  const auto asked = task(1).raw;
  const auto f = harness.network().features(asked).detach(), w = weights(harness, 1);
  const double s = leaf(harness, "cosine.scale").item<double>();
  EXPECT_NE(s, 1);  // it has learned
  const auto found = harness.predict(asked);
  for (std::int64_t i = 0; i < 30; ++i) {
    for (std::int64_t c = 0; c < 2; ++c) {
      const double length = f[i].norm().item<double>() * w[c].norm().item<double>();
      const double expected = length > 0 ? s * f[i].dot(w[c]).item<double>() / length : 0;
      EXPECT_NEAR(found[i][c].item<double>(), expected, 1e-5);
    }
  }
  EXPECT_TRUE(found.narrow(1, 2, 4).lt(-1e38).all().item<bool>());
}

TEST(Lucir, NewWeightsBeginAtTheMeanFeaturesAsLongAsTheOldOnes) {
  for (const std::string imprint : {"true", "false"}) {
    ModelHarness harness(plan_with({{"imprint", imprint}}));
    run(harness, 0);
    const auto length = weights(harness, 1).norm(2, 1).mean();
    const auto data = task(1);
    harness.begin_task(data);
    const auto fresh = weights(harness, 2).narrow(0, 2, 3);
    for (std::int64_t c = 0; c < 3; ++c) {
      const auto own = data.raw.index_select(0, data.labels.eq(c + 2).nonzero().squeeze(1));
      const auto mean = unit_features(harness, own).detach().mean(0);
      EXPECT_EQ(fresh[c].allclose(mean / mean.norm() * length, 1e-4, 1e-6), imprint == "true");
    }
  }
}

TEST(Lucir, LossOfTheFirstTaskIsTheCrossEntropyOfItsClasses) {
  ModelHarness harness(plan_with({}));
  const auto data = task(0);
  harness.begin_task(data);
  const auto cosines = unit_features(harness, data.raw).matmul(unit(weights(harness, 1)).t());
  const auto loss = at::cross_entropy_loss(cosines, data.labels);
  const auto gradient = harness.gradient_of(loss);
  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-5);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6));
}

TEST(Lucir, LossOfALaterTask) {
  for (const OptionTexts& options :
       {OptionTexts{}, OptionTexts{{"lambda-base", "3"}, {"lambda-mr", "0.5"}},
        OptionTexts{{"k", "1"}, {"margin", "0.9"}},
        OptionTexts{{"k", "7"}, {"lambda-base", "0"}}}) {
    const auto value = [&](const char* name, double otherwise) {
      const auto found = options.find(name);
      return found == options.end() ? otherwise : std::stod(found->second);
    };
    ModelHarness harness(plan_with(options));
    run(harness, 0);
    const auto old = task(0), fresh = task(1);
    const auto raw = at::cat({old.raw.narrow(0, 0, 8), fresh.raw.narrow(0, 0, 8)});
    const auto labels = at::cat({old.labels.narrow(0, 0, 8), fresh.labels.narrow(0, 0, 8)});
    const auto taught = unit_features(harness, raw).detach();
    harness.begin_task(fresh);
    for (int step = 0; step < 2; ++step) {  // at the old network, and away from it
      const auto units = unit_features(harness, raw);
      const auto cosines = units.matmul(unit(weights(harness, 2)).t());
      const double s = leaf(harness, "cosine.scale").item<double>();
      const auto angle = (1 - (units * taught).sum(1)).mean();
      const auto ranking = margin_ranking(
          cosines, labels, 2, static_cast<std::size_t>(value("k", 2)), value("margin", 0.5));
      ASSERT_GT(ranking.item<double>(), 0.01);
      const auto loss = at::cross_entropy_loss(cosines * s, labels) +
                        angle * (value("lambda-base", 5) * std::sqrt(2.0 / 3)) +
                        ranking * value("lambda-mr", 1);
      const auto gradient = harness.gradient_of(loss);
      EXPECT_NEAR(harness.observe(raw, labels), loss.item<double>(), 1e-4);
      EXPECT_TRUE(harness.grads().allclose(gradient, 1e-3, 1e-5));
    }
  }
}

TEST(Lucir, OldWeightsRestAndTheHostsHeadIsUnused) {
  ModelHarness harness(plan_with({{"fine-tune-epochs", "0"}}));
  const auto head = harness.values().narrow(0, 12, 30).clone();  // mlp 2-4: 8 weights, 4 biases
  run(harness, 0);
  const auto before = weights(harness, 1);
  harness.begin_task(task(1));
  const auto imprinted = weights(harness, 2).narrow(0, 2, 3);
  harness.train(10);
  harness.end_task();
  EXPECT_TRUE(weights(harness, 1).equal(before));
  EXPECT_FALSE(weights(harness, 2).narrow(0, 2, 3).allclose(imprinted, 1e-3));
  EXPECT_TRUE(harness.values().narrow(0, 12, 30).equal(head));
  EXPECT_EQ(harness.grads().narrow(0, 12, 30).abs().max().item<double>(), 0);
}

// One pass, in one batch: a plain step of all weight vectors on the memory, nothing else.
TEST(Lucir, StepsOnTheMemoryAfterTheTask) {
  const OptionTexts sizes{{"buffer-size", "10"}, {"fine-tune-lr", "0.5"}};
  auto with = sizes, without = sizes;
  with["fine-tune-epochs"] = "1";
  without["fine-tune-epochs"] = "0";
  ModelHarness tuned(plan_with(with)), plain(plan_with(without));
  for (int t = 0; t < 2; ++t) {
    run(tuned, t);
    run(plain, t);
  }
  EXPECT_TRUE(tuned.values().equal(plain.values()));
  EXPECT_TRUE(leaf(tuned, "cosine.scale").equal(leaf(plain, "cosine.scale")));
  const auto state = plain.model_state();
  std::vector<at::Tensor> raw, labels;
  for (int c = 0; c < 5; ++c) {  // two exemplars of each class
    raw.push_back(std::get<at::Tensor>(
        state->children.at("exemplars")->children.at("raw")->values.at(std::to_string(c))));
    ASSERT_EQ(raw.back().size(0), 2);
    labels.push_back(at::full({2}, c, at::kLong));
  }
  const auto w = weights(plain, 2).set_requires_grad(true);
  const auto cosines = unit_features(plain, at::cat(raw)).detach().matmul(unit(w).t());
  const double s = leaf(plain, "cosine.scale").item<double>();
  const auto loss = at::cross_entropy_loss(cosines * s, at::cat(labels)) +
                    margin_ranking(cosines, at::cat(labels), 2, 2, 0.5);
  const auto gradient = torch::autograd::grad({loss}, {w})[0];
  EXPECT_TRUE(weights(tuned, 2).allclose(w.detach() - 0.5 * gradient, 1e-4, 1e-6));
  EXPECT_FALSE(weights(tuned, 1).allclose(weights(plain, 1), 1e-4));
}

TEST(Lucir, KeepsEqualPartsAndTrainsOnThem) {
  ModelHarness harness(plan_with({{"buffer-size", "13"}}));
  run(harness, 0);
  run(harness, 1);
  harness.begin_task(task(2));
  const auto raw = at::cat(harness.appended_raw()), labels = at::cat(harness.appended_labels());
  ASSERT_TRUE(labels.equal(at::tensor({0, 0, 1, 1, 2, 2, 3, 3, 4, 4}, at::kLong)));
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto source = task(labels[i].item<std::int64_t>() / 2 > 0 ? 1 : 0);
    const auto same = source.raw.eq(raw[i]).all(1).logical_and(source.labels.eq(labels[i]));
    EXPECT_EQ(same.sum().item<std::int64_t>(), 1);
  }
}

TEST(Lucir, RefusesAMemoryWithoutASampleForEachClass) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "5"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"buffer-size", "6"}})));
}

}  // namespace lucir_test
