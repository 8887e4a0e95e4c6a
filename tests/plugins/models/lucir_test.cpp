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

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace lucir_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

/// Two classes, then three, then one.
BenchTask task(int t) {
  const std::vector<std::vector<std::int64_t>> classes{{0, 1}, {2, 3, 4}, {5}};
  return random_task(30, {2}, classes[static_cast<std::size_t>(t)],
                     static_cast<std::uint64_t>(t) + 1);
}

BenchPlan plan_with(OptionTexts options) {
  BenchPlan plan{"lucir", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  plan.backbone_options = {{"width", "4"}, {"depth", "1"}};
  return plan;
}

void run(ModelBench& bench, int t) {
  bench.begin_task(task(t));
  bench.train(10);
  bench.end_task();
}

at::Tensor unit(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}
at::Tensor unit_features(ModelBench& bench, const at::Tensor& raw) {
  return unit(bench.network().features(raw));
}

/// A leaf of the model's own, as the optimizer holds it.
at::Tensor leaf(ModelBench& bench, const std::string& name) {
  const auto saved = bench.save();
  const auto& record = *saved->record.children.at("optimizer")->children.at("values." + name);
  return std::get<at::Tensor>(record.values.at("values")).clone();
}
/// Weights of the first `tasks` tasks, [classes, 4].
at::Tensor weights(ModelBench& bench, int tasks) {
  std::vector<at::Tensor> blocks;
  for (int t = 0; t < tasks; ++t) {
    blocks.push_back(leaf(bench, "cosine.weights." + std::to_string(t)).view({-1, 4}));
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
  ModelBench bench(plan_with({}));
  run(bench, 0);
  const auto asked = task(1).raw;
  const auto f = bench.network().features(asked).detach(), w = weights(bench, 1);
  const double s = leaf(bench, "cosine.scale").item<double>();
  EXPECT_NE(s, 1);  // it has learned
  const auto found = bench.predict(asked);
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
    ModelBench bench(plan_with({{"imprint", imprint}}));
    run(bench, 0);
    const auto length = weights(bench, 1).norm(2, 1).mean();
    const auto data = task(1);
    bench.begin_task(data);
    const auto fresh = weights(bench, 2).narrow(0, 2, 3);
    for (std::int64_t c = 0; c < 3; ++c) {
      const auto own = data.raw.index_select(0, data.labels.eq(c + 2).nonzero().squeeze(1));
      const auto mean = unit_features(bench, own).detach().mean(0);
      EXPECT_EQ(fresh[c].allclose(mean / mean.norm() * length, 1e-4, 1e-6), imprint == "true");
    }
  }
}

TEST(Lucir, LossOfTheFirstTaskIsTheCrossEntropyOfItsClasses) {
  ModelBench bench(plan_with({}));
  const auto data = task(0);
  bench.begin_task(data);
  const auto cosines = unit_features(bench, data.raw).matmul(unit(weights(bench, 1)).t());
  const auto loss = at::cross_entropy_loss(cosines, data.labels);
  const auto gradient = bench.gradient_of(loss);
  EXPECT_NEAR(bench.observe(data.raw, data.labels), loss.item<double>(), 1e-5);
  EXPECT_TRUE(bench.grads().allclose(gradient, 1e-4, 1e-6));
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
    ModelBench bench(plan_with(options));
    run(bench, 0);
    const auto old = task(0), fresh = task(1);
    const auto raw = at::cat({old.raw.narrow(0, 0, 8), fresh.raw.narrow(0, 0, 8)});
    const auto labels = at::cat({old.labels.narrow(0, 0, 8), fresh.labels.narrow(0, 0, 8)});
    const auto taught = unit_features(bench, raw).detach();
    bench.begin_task(fresh);
    for (int step = 0; step < 2; ++step) {  // at the old network, and away from it
      const auto units = unit_features(bench, raw);
      const auto cosines = units.matmul(unit(weights(bench, 2)).t());
      const double s = leaf(bench, "cosine.scale").item<double>();
      const auto angle = (1 - (units * taught).sum(1)).mean();
      const auto ranking = margin_ranking(
          cosines, labels, 2, static_cast<std::size_t>(value("k", 2)), value("margin", 0.5));
      ASSERT_GT(ranking.item<double>(), 0.01);
      const auto loss = at::cross_entropy_loss(cosines * s, labels) +
                        angle * (value("lambda-base", 5) * std::sqrt(2.0 / 3)) +
                        ranking * value("lambda-mr", 1);
      const auto gradient = bench.gradient_of(loss);
      EXPECT_NEAR(bench.observe(raw, labels), loss.item<double>(), 1e-4);
      EXPECT_TRUE(bench.grads().allclose(gradient, 1e-3, 1e-5));
    }
  }
}

TEST(Lucir, OldWeightsRestAndTheHostsHeadIsUnused) {
  ModelBench bench(plan_with({{"fine-tune-epochs", "0"}}));
  const auto head = bench.values().narrow(0, 12, 30).clone();  // mlp 2-4: 8 weights, 4 biases
  run(bench, 0);
  const auto before = weights(bench, 1);
  bench.begin_task(task(1));
  const auto imprinted = weights(bench, 2).narrow(0, 2, 3);
  bench.train(10);
  bench.end_task();
  EXPECT_TRUE(weights(bench, 1).equal(before));
  EXPECT_FALSE(weights(bench, 2).narrow(0, 2, 3).allclose(imprinted, 1e-3));
  EXPECT_TRUE(bench.values().narrow(0, 12, 30).equal(head));
  EXPECT_EQ(bench.grads().narrow(0, 12, 30).abs().max().item<double>(), 0);
}

// One pass, in one batch: a plain step of all weight vectors on the memory, nothing else.
TEST(Lucir, StepsOnTheMemoryAfterTheTask) {
  const OptionTexts sizes{{"buffer-size", "10"}, {"fine-tune-lr", "0.5"}};
  auto with = sizes, without = sizes;
  with["fine-tune-epochs"] = "1";
  without["fine-tune-epochs"] = "0";
  ModelBench tuned(plan_with(with)), plain(plan_with(without));
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
  ModelBench bench(plan_with({{"buffer-size", "13"}}));
  run(bench, 0);
  run(bench, 1);
  bench.begin_task(task(2));
  const auto raw = at::cat(bench.appended_raw()), labels = at::cat(bench.appended_labels());
  ASSERT_TRUE(labels.equal(at::tensor({0, 0, 1, 1, 2, 2, 3, 3, 4, 4}, at::kLong)));
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto source = task(labels[i].item<std::int64_t>() / 2 > 0 ? 1 : 0);
    const auto same = source.raw.eq(raw[i]).all(1).logical_and(source.labels.eq(labels[i]));
    EXPECT_EQ(same.sum().item<std::int64_t>(), 1);
  }
}

TEST(Lucir, RefusesAMemoryWithoutASampleForEachClass) {
  EXPECT_ANY_THROW(ModelBench(plan_with({{"buffer-size", "5"}})));
  EXPECT_NO_THROW(ModelBench(plan_with({{"buffer-size", "6"}})));
}

}  // namespace lucir_test
