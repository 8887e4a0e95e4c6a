#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ger.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace slda_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessTask task(int t) {
  return random_task(40, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"slda", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  plan.backbone_options = {{"width", "4"}, {"depth", "1"}};
  return plan;
}

at::Tensor features(ModelHarness& harness, const at::Tensor& raw) {
  return harness.network().features(raw).detach().to(at::kDouble);
}

/// Sigma as the model holds it.
at::Tensor covariance(const ModelHarness& harness) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(state->values.at("scatter")) /
         static_cast<double>(std::get<std::int64_t>(state->values.at("count")));
}
at::Tensor mean(const ModelHarness& harness, std::int64_t c) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(state->children.at("means")->values.at("means"))[c];
}

/// The tasks' features and labels, in the order of the stream, computed in the stream's batches:
/// BLAS rounds a product of one row otherwise than one of forty.
struct Stream {
  at::Tensor x, y;
};
Stream stream_of(ModelHarness& harness, int tasks, std::int64_t batch) {
  std::vector<at::Tensor> x, y;
  for (int t = 0; t < tasks; ++t) {
    for (const auto& piece : task(t).raw.split(batch)) {
      x.push_back(features(harness, piece));
    }
    y.push_back(task(t).labels);
  }
  return {at::cat(x), at::cat(y)};
}
at::Tensor of_class(const Stream& s, std::int64_t c) {
  return s.x.index_select(0, s.y.eq(c).nonzero().squeeze(1));
}

/// The covariance of all samples about their class means, from all of them at once.
at::Tensor pooled(const Stream& s) {
  auto sum = at::zeros({s.x.size(1), s.x.size(1)}, at::kDouble);
  for (std::int64_t c = 0; c <= s.y.max().item<std::int64_t>(); ++c) {
    const auto members = of_class(s, c), away = members - members.mean(0);
    sum += away.t().matmul(away);
  }
  return sum / static_cast<double>(s.x.size(0));
}

void run(ModelHarness& harness, int tasks, std::int64_t batch) {
  for (int t = 0; t < tasks; ++t) {
    harness.begin_task(task(t));
    harness.train(batch);
    harness.end_task();
  }
}

TEST(Slda, StreamingEqualsTheBatchSolution) {
  for (const std::int64_t batch : {1, 7, 40}) {
    ModelHarness harness(plan_with({{"epsilon", "0.01"}}));
    const auto before = harness.values().clone();
    run(harness, 2, batch);
    EXPECT_TRUE(harness.values().equal(before));
    const auto all = stream_of(harness, 2, batch);
    EXPECT_TRUE(covariance(harness).allclose(pooled(all), 1e-12, 1e-14)) << batch;
    const auto asked = features(harness, task(2).raw);
    const auto found = harness.predict(task(2).raw);
    const auto inverse = (pooled(all) * 0.99 + at::eye(4, at::kDouble) * 0.01).inverse();
    for (int c = 0; c < 4; ++c) {
      const auto mu = of_class(all, c).mean(0);
      EXPECT_TRUE(mean(harness, c).allclose(mu, 1e-12, 1e-14)) << c;
      const auto expected = asked.mv(inverse.mv(mu)) - mu.dot(inverse.mv(mu)) / 2;
      EXPECT_TRUE(found.select(1, c).allclose(expected.to(at::kFloat), 1e-5, 1e-5)) << c;
    }
    EXPECT_TRUE(found.narrow(1, 4, 2).lt(-1e38).all().item<bool>());
  }
}

// Sample by sample, with matrices as it is written.
TEST(Slda, ReferenceCodeIsTheRecursionOfThePaper) {
  ModelHarness harness(plan_with({{"formula", "reference-code"}})), fixed(plan_with({}));
  run(harness, 2, 7);
  run(fixed, 2, 7);
  const auto all = stream_of(harness, 2, 7);
  auto sigma = at::zeros({4, 4}, at::kDouble), means = at::zeros({6, 4}, at::kDouble);
  std::vector<double> counts(6, 0);
  for (std::int64_t i = 0; i < all.x.size(0); ++i) {
    const auto n = static_cast<double>(i);
    const auto y = all.y[i].item<std::int64_t>();
    const auto away = all.x[i] - means[y];
    sigma = (n * sigma + n * at::ger(away, away) / (n + 1)) / (n + 1);
    auto& count = counts[static_cast<std::size_t>(y)];
    means[y] += away / (count + 1);
    ++count;
  }
  EXPECT_TRUE(covariance(harness).allclose(sigma, 1e-10, 1e-13));
  EXPECT_FALSE(covariance(fixed).allclose(sigma, 1e-3));
}

TEST(Slda, TheFirstSampleOfAClassMovesItsMeanAlone) {
  for (const std::string formula : {"paper", "reference-code"}) {
    ModelHarness harness(plan_with({{"formula", formula}}));
    const auto data = task(0);  // labels 0, 1, 0, 1, ...
    harness.begin_task(data);
    harness.observe(data.raw.narrow(0, 0, 2), data.labels.narrow(0, 0, 2));
    const auto x = features(harness, data.raw.narrow(0, 0, 2));
    EXPECT_TRUE(mean(harness, 0).equal(x[0]));
    EXPECT_TRUE(mean(harness, 1).equal(x[1]));
    // Paper: sample 1 is compared with a mean of zero, with n = 1.
    const auto expected =
        formula == "reference-code" ? at::ger(x[1], x[1]) / 4 : at::zeros({4, 4}, at::kDouble);
    EXPECT_TRUE(covariance(harness).allclose(expected, 1e-12, 1e-14)) << formula;
    EXPECT_GT(x[1].abs().sum().item<double>(), 0.1);
  }
}

TEST(Slda, ASampleCountsInItsFirstEpochAlone) {
  ModelHarness once(plan_with({})), twice(plan_with({}));
  for (auto* harness : {&once, &twice}) {
    harness->begin_task(task(0));
    harness->train(7);
  }
  twice.train(7);
  EXPECT_TRUE(covariance(once).equal(covariance(twice)));
  EXPECT_TRUE(mean(once, 1).equal(mean(twice, 1)));
}

// Chen et al. 2010, eq. 23, written with sums over the entries.
TEST(Slda, StartsFromTheShrunkCovarianceOfTheFirstTask) {
  for (const std::string plastic : {"true", "false"}) {
    ModelHarness harness(plan_with({{"base-init", "oas"}, {"plastic-covariance", plastic}}));
    run(harness, 1, 7);
    const auto first = stream_of(harness, 1, 40);
    const auto s = pooled(first);
    double squares = 0, trace = 0;
    for (int i = 0; i < 4; ++i) {
      trace += s[i][i].item<double>();
      for (int j = 0; j < 4; ++j) {
        squares += s[i][j].item<double>() * s[i][j].item<double>();
      }
    }
    const double rho = std::min(1.0, (squares * (1 - 2.0 / 4) + trace * trace) /
                                         ((40 + 1 - 2.0 / 4) * (squares - trace * trace / 4)));
    ASSERT_GT(rho, 0.0);
    ASSERT_LT(rho, 1.0);
    const auto base = (1 - rho) * s + rho * trace / 4 * at::eye(4, at::kDouble);
    EXPECT_TRUE(covariance(harness).allclose(base, 1e-10, 1e-13));
    harness.begin_task(task(1));
    harness.train(7);
    harness.end_task();
    const auto second = Stream{features(harness, task(1).raw), task(1).labels};
    const auto both = plastic == "true" ? (base + pooled(second)) / 2 : base;  // 40 samples each
    EXPECT_TRUE(covariance(harness).allclose(both, 1e-10, 1e-13)) << plastic;
    EXPECT_TRUE(mean(harness, 3).allclose(of_class(second, 3).mean(0), 1e-12));
  }
}

TEST(Slda, TheFirstTaskTrainsAndLaterOnesDoNot) {
  ModelHarness slda(plan_with({{"backbone", "first-task"}}));
  auto plan = plan_with({});
  plan.model = "sgd";
  ModelHarness sgd(plan);
  run(slda, 1, 5);
  run(sgd, 1, 5);
  EXPECT_TRUE(slda.values().equal(sgd.values()));
  slda.begin_task(task(1));
  slda.train(5);
  slda.end_task();
  EXPECT_TRUE(slda.values().equal(sgd.values()));
  EXPECT_TRUE(covariance(slda).allclose(pooled(stream_of(slda, 2, 5)), 1e-10, 1e-13));
}

TEST(Slda, RefusesContradictions) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"plastic-covariance", "false"}})));
  for (const OptionTexts& given :
       {OptionTexts{{"base-init", "oas"}}, OptionTexts{{"backbone", "first-task"}}}) {
    auto plan = plan_with(given);
    EXPECT_NO_THROW(ModelHarness{plan});
    plan.scenario = clh::Scenario::kTaskFree;
    EXPECT_ANY_THROW(ModelHarness{plan});
  }
}

}  // namespace slda_test
