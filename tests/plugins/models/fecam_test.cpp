#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace fecam_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessTask task(int t) {
  return random_task(30, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"fecam", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  plan.backbone_options = {{"width", "4"}, {"depth", "1"}};
  return plan;
}

/// Features to a power, float64.
at::Tensor features(ModelHarness& harness, const at::Tensor& raw, double power) {
  return harness.network().features(raw).detach().pow(power).to(at::kDouble);
}

at::Tensor of_class(ModelHarness& harness, int c, double power) {
  const auto data = task(c / 2);
  return features(harness, data.raw.index_select(0, data.labels.eq(c).nonzero().squeeze(1)), power);
}

/// Entry by entry: the unbiased covariance of rows [n, F].
at::Tensor covariance(const at::Tensor& x) {
  auto s = at::zeros({x.size(1), x.size(1)}, at::kDouble);
  const auto mean = x.mean(0);
  for (std::int64_t i = 0; i < x.size(1); ++i) {
    for (std::int64_t j = 0; j < x.size(1); ++j) {
      s[i][j] = ((x.select(1, i) - mean[i]) * (x.select(1, j) - mean[j])).sum() /
                static_cast<double>(x.size(0) - 1);
    }
  }
  return s;
}

at::Tensor shrunk(const at::Tensor& s, double gamma1, double gamma2) {
  const auto width = s.size(0);
  double own = 0, other = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      (i == j ? own : other) += s[i][j].item<double>();
    }
  }
  own /= static_cast<double>(width);
  other /= static_cast<double>(width * (width - 1));
  auto result = s.clone();
  for (std::int64_t i = 0; i < width; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      result[i][j] += i == j ? gamma1 * own : gamma2 * other;
    }
  }
  return result;
}

at::Tensor correlation(const at::Tensor& s) {
  auto result = s.clone();
  for (std::int64_t i = 0; i < s.size(0); ++i) {
    for (std::int64_t j = 0; j < s.size(0); ++j) {
      result[i][j] = s[i][j] / (s[i][i] * s[j][j]).sqrt();
    }
  }
  return result;
}

at::Tensor unit(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

/// -d^T R^-1 d with an explicit inverse.
at::Tensor scores(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& r) {
  const auto d = unit(x) - unit(mean.unsqueeze(0));
  return -(d.matmul(r.inverse()) * d).sum(1).to(at::kFloat);
}

void run(ModelHarness& harness, int tasks) {
  for (int t = 0; t < tasks; ++t) {
    harness.begin_task(task(t));
    harness.train(5);
    harness.end_task();
  }
}

TEST(Fecam, ScoresWithTheInverseOfEachClassesShrunkCorrelations) {
  for (const double power : {0.5, 1.0}) {
    ModelHarness harness(
        plan_with({{"gamma1", "0.5"}, {"gamma2", "0.25"}, {"tukey", std::to_string(power)}}));
    run(harness, 2);
    const auto asked = features(harness, task(2).raw, power);
    const auto found = harness.predict(task(2).raw);
    for (int c = 0; c < 4; ++c) {
      const auto x = of_class(harness, c, power);
      const auto r = correlation(shrunk(shrunk(covariance(x), 0.5, 0.25), 0.5, 0.25));
      EXPECT_TRUE(found.select(1, c).allclose(scores(asked, x.mean(0), r), 1e-4, 1e-5)) << c;
    }
    EXPECT_TRUE(found.narrow(1, 4, 2).lt(-1e38).all().item<bool>());
  }
}

// [[4, 1], [1, 2]]: once with gamma1 = 1, gamma2 = 0.5 adds 3 and 0.5 -> [[7, 1.5], [1.5, 5]],
// twice adds 6 and 0.75 -> [[13, 2.25], [2.25, 11]].
TEST(Fecam, ShrinkingByHandAgreesWithTheReference) {
  const auto s = at::tensor({4.0, 1.0, 1.0, 2.0}, at::kDouble).view({2, 2});
  const auto twice = at::tensor({13.0, 2.25, 2.25, 11.0}, at::kDouble).view({2, 2});
  EXPECT_TRUE(shrunk(shrunk(s, 1, 0.5), 1, 0.5).allclose(twice, 1e-12));
  // The same matrix as a covariance of features: the four corners of a parallelogram, three times
  // the sum of squares over n - 1 = 3.
  auto plan = plan_with({{"backbone", "frozen"}, {"tukey", "1"}, {"gamma2", "0.5"}});
  plan.backbone_options = {{"width", "2"}, {"depth", "1"}};
  ModelHarness harness(plan);
  harness.values().narrow(0, 0, 6).copy_(at::tensor({1, 0, 0, 1, 0, 0}, at::kFloat));
  // Columns a = sqrt(3)(1, 1, -1, -1), b = sqrt(3)/4 (1, 1, -1, -1) + w (1, -1, 1, -1) about
  // (10, 10): variances 4 and 1/4 + 4 w^2 / 3 = 2, covariance 1.
  const double w = std::sqrt(3 * 1.75 / 4), r = std::sqrt(3.0);
  const auto raw =
      at::tensor({r, r / 4 + w, r, r / 4 - w, -r, -r / 4 + w, -r, -r / 4 - w}, at::kDouble)
          .view({4, 2})
          .add(10)
          .to(at::kFloat);
  harness.begin_task({raw, at::zeros({4}, at::kLong), {0}});
  harness.train(4);
  harness.end_task();
  const auto asked = at::tensor({1.0, 0.0}, at::kDouble).view({1, 2});
  const auto expected = scores(asked, at::full({2}, 10.0, at::kDouble), correlation(twice));
  EXPECT_NEAR(harness.predict(asked.to(at::kFloat))[0][0].item<double>(), expected.item<double>(),
              1e-5);
}

// Five samples of class 1, fifteen of the others: classes count alike, samples do not.
TEST(Fecam, OneCovarianceForAllIsTheMeanOfTheirs) {
  ModelHarness harness(plan_with({{"shared-covariance", "true"}}));
  auto data = task(0);
  const auto kept = data.labels.eq(0).logical_or(at::arange(30).lt(10)).nonzero().squeeze(1);
  data = {data.raw.index_select(0, kept), data.labels.index_select(0, kept), data.classes};
  harness.begin_task(data);
  harness.train(5);
  harness.end_task();
  harness.begin_task(task(1));
  harness.end_task();
  const auto members = [&](int c) {
    const auto all = of_class(harness, c, 0.5);
    return c == 1 ? all.narrow(0, 0, 5) : all;
  };
  auto mean = at::zeros({4, 4}, at::kDouble);
  for (int c = 0; c < 4; ++c) {
    mean += covariance(members(c)) / 4;
  }
  const auto r = correlation(shrunk(shrunk(mean, 1, 1), 1, 1));
  const auto asked = features(harness, task(2).raw, 0.5);
  for (int c = 0; c < 4; ++c) {
    const auto expected = scores(asked, members(c).mean(0), r);
    EXPECT_TRUE(harness.predict(task(2).raw).select(1, c).allclose(expected, 1e-4, 1e-5)) << c;
  }
}

TEST(Fecam, TheFirstTaskTrainsAndLaterOnesDoNot) {
  for (const std::string backbone : {"first-task", "frozen"}) {
    ModelHarness fecam(plan_with({{"backbone", backbone}}));
    const auto before = fecam.values().clone();
    run(fecam, 1);
    const auto after = fecam.values().clone();
    if (backbone == "frozen") {
      EXPECT_TRUE(after.equal(before));
    } else {
      auto plan = plan_with({});
      plan.model = "sgd";
      ModelHarness sgd(plan);
      run(sgd, 1);
      EXPECT_TRUE(after.equal(sgd.values()));
    }
    fecam.begin_task(task(1));
    fecam.train(5);
    fecam.end_task();
    EXPECT_TRUE(fecam.values().equal(after));
  }
}

TEST(Fecam, AClassOfOneSampleHasThePlainDistance) {
  ModelHarness harness(plan_with({}));
  const auto raw = task(0).raw.narrow(0, 0, 1);
  harness.begin_task({raw, at::zeros({1}, at::kLong), {0}});
  harness.train(1);
  harness.end_task();
  const auto asked = task(1).raw;
  const auto d = unit(features(harness, asked, 0.5)) - unit(features(harness, raw, 0.5));
  const auto expected = -d.square().sum(1).to(at::kFloat);
  EXPECT_TRUE(harness.predict(asked).select(1, 0).allclose(expected, 1e-4, 1e-5));
}

TEST(Fecam, RefusesAShrinkageThatLeavesACovarianceSingular) {
  for (const bool shrinks : {false, true}) {
    ModelHarness harness(
        plan_with(shrinks ? OptionTexts{} : OptionTexts{{"gamma1", "0"}, {"gamma2", "0"}}));
    harness.begin_task(random_task(4, {2}, {0, 1}, 1));  // two samples each, four features
    harness.train(4);
    if (shrinks) {
      EXPECT_NO_THROW(harness.end_task());
    } else {
      EXPECT_ANY_THROW(harness.end_task());
    }
  }
}

}  // namespace fecam_test
