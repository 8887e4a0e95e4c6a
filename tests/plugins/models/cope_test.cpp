#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "model_harness.hpp"
#include "own_leaf.hpp"
#include <gtest/gtest.h>

namespace cope_test {

using clh::test::HarnessPlan;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::own_leaf;
using clh::test::random_task;

constexpr double kRate = 0.1;
constexpr double kTau = 0.4;
constexpr double kAlpha = 0.7;

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"cope", std::move(options)};
  plan.options.insert(
      {{"buffer-size", "40"}, {"embedding-dim", "3"}, {"tau", "0.4"}, {"alpha", "0.7"}});
  plan.blocks = {5};
  plan.backbone_options["width"] = "8";
  plan.rate = kRate;
  return plan;
}

at::Tensor unit(const at::Tensor& x) {
  return x / x.norm();
}

/// The embedding's leaves, trainable and apart from the model's.
struct Embedding {
  explicit Embedding(ModelHarness& harness)
      : weight(own_leaf(harness, "embedding.weight").view({3, 8}).requires_grad_()),
        bias(own_leaf(harness, "embedding.bias").requires_grad_()) {}
  at::Tensor operator()(ModelHarness& harness, const at::Tensor& raw) const {
    const auto out = harness.network().features(raw).matmul(weight.t()) + bias;
    return out / out.norm(2, 1, true).clamp_min(1e-12);
  }
  at::Tensor weight, bias;
};

/// Prototypes by class, and classes in the order of appearance.
at::Tensor prototypes(const ModelHarness& harness) {
  return std::get<at::Tensor>(harness.model_state()->values.at("prototypes")).clone();
}

/// The paper's equations, one pair at a time. Inputs: u [n, dim], places [n] of rows of p.
at::Tensor slowly(const at::Tensor& u, const std::vector<std::int64_t>& places,
                  const at::Tensor& p) {
  const auto n = static_cast<std::int64_t>(places.size());
  const auto a = [&](const at::Tensor& q, const at::Tensor& x) { return (q.dot(x) / kTau).exp(); };
  const auto taken = [&](std::int64_t c, const at::Tensor& x, const at::Tensor& q) {
    auto others = at::zeros({});
    for (std::int64_t k = 0; k < p.size(0); ++k) {
      others = k == c ? others : others + a(p[k], x);
    }
    return a(q, x) / (a(q, x) + others);
  };
  auto sum = at::zeros({});
  for (std::int64_t c = 0; c < p.size(0); ++c) {
    std::vector<std::int64_t> of_class, rest;
    for (std::int64_t i = 0; i < n; ++i) {
      (places[static_cast<std::size_t>(i)] == c ? of_class : rest).push_back(i);
    }
    for (const auto i : of_class) {
      auto mean = taken(c, u[i], p[c]);
      for (const auto j : of_class) {
        mean = j == i ? mean : mean + taken(c, u[i], u[j].detach());
      }
      sum = sum - (mean / static_cast<double>(of_class.size())).log();
    }
    for (const auto x : rest) {
      for (const auto j : of_class) {
        const auto both = taken(c, u[x], u[j].detach()) + taken(c, u[x], p[c]);
        sum = sum - (1 - both / 2).log();
      }
    }
  }
  return sum / static_cast<double>(n);
}

class CopeTest : public ::testing::Test {
 protected:
  /// Has seen classes 3, 0 and 1 (prototypes 0, 1, 2) in a batch of three.
  std::unique_ptr<ModelHarness> seen_three(OptionTexts options = {}) const {
    auto harness = std::make_unique<ModelHarness>(plan_with(std::move(options)));
    harness->begin_task(first);
    harness->observe(first.raw, first.labels);
    return harness;
  }
  const clh::test::HarnessTask first = random_task(3, {2}, {3, 0, 1}, 1);
  const clh::test::HarnessTask next = random_task(3, {2}, {0, 0, 3}, 2);
  const std::vector<std::int64_t> places{1, 1, 0, 0, 1, 2};  // of next, then the memory
};

TEST_F(CopeTest, LossIsThatOfThePapersEquations) {
  const auto harness = seen_three();
  const Embedding embedding(*harness);
  const auto p = prototypes(*harness);
  ASSERT_EQ(p.size(0), 3);  // of five outputs: unseen classes do not compete
  const auto u = embedding(*harness, at::cat({next.raw, first.raw}));  // the memory is drawn whole
  const auto loss = slowly(u, places, p);
  const auto expected = harness->values() - kRate * harness->gradient_of(loss);
  EXPECT_NEAR(harness->observe(next.raw, next.labels), loss.item<double>(), 1e-5);
  EXPECT_TRUE(harness->values().allclose(expected, 1e-4, 1e-6));
  const Embedding after(*harness);
  EXPECT_TRUE(
      after.weight.allclose(embedding.weight - kRate * embedding.weight.grad(), 1e-4, 1e-6));
  EXPECT_TRUE(after.bias.allclose(embedding.bias - kRate * embedding.bias.grad(), 1e-4, 1e-6));
}

TEST_F(CopeTest, PrototypesFollowTheMeanEmbeddingOfTheirClass) {
  const auto harness = seen_three();
  const Embedding embedding(*harness);
  const auto before = prototypes(*harness);
  const auto u = embedding(*harness, at::cat({next.raw, first.raw})).detach();
  harness->observe(next.raw, next.labels);
  const auto after = prototypes(*harness);
  const auto moved = [&](std::int64_t k, const at::Tensor& mean) {
    return unit(kAlpha * before[k] + (1 - kAlpha) * unit(mean));
  };
  EXPECT_TRUE(after[0].allclose(moved(0, (u[2] + u[3]) / 2), 1e-5, 1e-6));
  EXPECT_TRUE(after[1].allclose(moved(1, (u[0] + u[1] + u[4]) / 3), 1e-5, 1e-6));
  EXPECT_TRUE(after[2].allclose(moved(2, u[5]), 1e-5, 1e-6));
}

TEST_F(CopeTest, StepsSeveralTimesOnOneBatch) {
  const auto harness = seen_three({{"inner", "2"}});
  const auto p = prototypes(*harness);
  Embedding embedding(*harness);
  const auto start = harness->values().clone();
  double mean = 0;
  for (int step = 0; step < 2; ++step) {
    const auto loss = slowly(embedding(*harness, at::cat({next.raw, first.raw})), places, p);
    const auto gradient = harness->gradient_of(loss);
    mean += loss.item<double>() / 2;
    const at::NoGradGuard no_grad;
    harness->values().sub_(gradient, kRate);
    for (auto* leaf : {&embedding.weight, &embedding.bias}) {
      leaf->sub_(leaf->grad(), kRate);
      leaf->mutable_grad().zero_();
    }
  }
  const auto expected = harness->values().clone();
  harness->values().copy_(start);
  EXPECT_NEAR(harness->observe(next.raw, next.labels), mean, 1e-5);
  EXPECT_TRUE(harness->values().allclose(expected, 1e-4, 1e-6));
}

TEST_F(CopeTest, OneClassAloneHasNothingToDifferFrom) {
  ModelHarness harness(plan_with({}));
  const auto data = random_task(4, {2}, {2}, 5);
  harness.begin_task(data);
  const auto values = harness.values().clone();
  EXPECT_EQ(harness.observe(data.raw, data.labels), 0);
  EXPECT_TRUE(harness.values().equal(values));
  EXPECT_NEAR(prototypes(harness)[0].norm().item<double>(), 1, 1e-6);
}

TEST_F(CopeTest, PredictsTheNearestPrototypeOfSeenClasses) {
  const auto harness = seen_three();
  const auto u = Embedding(*harness)(*harness, next.raw).detach();
  const auto similar = u.matmul(prototypes(*harness).t());
  const auto found = harness->predict(next.raw);
  ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{3, 5}));
  const std::int64_t classes[3] = {3, 0, 1};
  for (std::int64_t k = 0; k < 3; ++k) {
    EXPECT_TRUE(found.select(1, classes[k]).allclose(similar.select(1, k), 1e-5, 1e-6));
  }
  EXPECT_TRUE(found.select(1, 2).lt(-1e38).all().item<bool>());
  EXPECT_TRUE(found.select(1, 4).lt(-1e38).all().item<bool>());
}

TEST_F(CopeTest, MemoryIsBalancedOverClasses) {
  ModelHarness harness(plan_with({{"buffer-size", "6"}}));
  const auto data = random_task(30, {2}, {0, 0, 0, 0, 1}, 6);
  harness.begin_task(data);
  harness.train(5);
  const auto state = harness.model_state();
  const auto raw = std::get<at::Tensor>(
      state->children.at("memory")->children.at("samples")->children.at("columns")->values.at("0"));
  ASSERT_EQ(raw.size(0), 6);
  int ones = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto place = data.raw.eq(raw[i]).all(1).nonzero()[0][0].item<std::int64_t>();
    ones += data.labels[place].item<std::int64_t>() == 1 ? 1 : 0;
  }
  EXPECT_EQ(ones, 3);
}

TEST_F(CopeTest, RefusesAMemoryWithoutASampleForEachClass) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "4"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"buffer-size", "5"}})));
}

}  // namespace cope_test
