#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "model_harness.hpp"
#include "own_leaf.hpp"
#include <gtest/gtest.h>

namespace scr_test {

using clh::test::HarnessPlan;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::own_leaf;
using clh::test::random_task;

constexpr double kRate = 0.1;
constexpr double kTau = 0.3, kTau0 = 0.2;

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"scr", std::move(options)};
  plan.options.insert({{"buffer-size", "40"},
                       {"minibatch", "40"},
                       {"projection-dim", "2"},
                       {"tau", "0.3"},
                       {"tau0", "0.2"}});
  plan.backbone_options["width"] = "8";
  plan.rate = kRate;
  return plan;
}

/// The projection's leaves, trainable and apart from the model's.
struct Head {
  explicit Head(ModelHarness& harness) {
    for (const char* name :
         {"hidden.weight", "hidden.bias", "projection.weight", "projection.bias"}) {
      leaves.push_back(own_leaf(harness, name).requires_grad_());
    }
    leaves[0] = leaves[0].detach().view({8, 8}).requires_grad_();
    leaves[2] = leaves[2].detach().view({2, 8}).requires_grad_();
  }
  at::Tensor operator()(const at::Tensor& features) const {
    const auto hidden = (features.matmul(leaves[0].t()) + leaves[1]).clamp_min(0);
    const auto out = hidden.matmul(leaves[2].t()) + leaves[3];
    return out / out.norm(2, 1, true).clamp_min(1e-12);
  }
  std::vector<at::Tensor> leaves;
};

/// The loss over all views, one pair at a time.
at::Tensor slowly(const at::Tensor& u, const at::Tensor& labels) {
  auto sum = at::zeros({});
  int anchors = 0;
  for (std::int64_t i = 0; i < u.size(0); ++i) {
    auto all = at::zeros({}), chosen = at::zeros({});
    int positives = 0;
    for (std::int64_t k = 0; k < u.size(0); ++k) {
      all = k == i ? all : all + (u[i].dot(u[k]) / kTau).exp();
    }
    for (std::int64_t j = 0; j < u.size(0); ++j) {
      if (j != i && labels[i].equal(labels[j])) {
        chosen = chosen + u[i].dot(u[j]) / kTau - all.log();
        ++positives;
      }
    }
    sum = sum - kTau / kTau0 * chosen / positives;
    ++anchors;
  }
  return sum / anchors;
}

TEST(Scr, LossIsTheContrastOfBatchAndMemoryInTwoViews) {
  ModelHarness harness(plan_with({}));
  const auto first = random_task(3, {2}, {0, 1}, 1), second = random_task(2, {2}, {1, 2}, 2);
  harness.begin_task(first);
  harness.observe(first.raw, first.labels);
  harness.end_task();
  harness.begin_task(second);
  const Head head(harness);
  const auto raw = at::cat({second.raw, first.raw}),
             labels = at::cat({second.labels, first.labels});
  const auto u = head(harness.network().features(at::cat({raw, raw})));
  const auto loss = slowly(u, at::cat({labels, labels}));
  // Not what vectors without direction would give, nor those of one direction.
  ASSERT_GT(std::abs(loss.item<double>() - kTau / kTau0 * std::log(9.0)), 0.05);
  const auto expected = harness.values() - kRate * harness.gradient_of(loss);
  EXPECT_NEAR(harness.observe(second.raw, second.labels), loss.item<double>(), 1e-5);
  EXPECT_TRUE(harness.values().allclose(expected, 1e-4, 1e-6));
  const Head after(harness);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto stepped = head.leaves[i] - kRate * head.leaves[i].grad();
    EXPECT_TRUE(after.leaves[i].allclose(stepped, 1e-4, 1e-6)) << i;
    EXPECT_GT(head.leaves[i].grad().abs().sum().item<double>(), 0) << i;
  }
}

TEST(Scr, PredictsTheNearestMeanOfTheWholeMemory) {
  ModelHarness harness(plan_with({}));
  const auto data = random_task(20, {2}, {0, 2}, 3);
  harness.begin_task(data);
  EXPECT_TRUE(harness.predict(data.raw).equal(harness.forward(data.raw)));  // nothing in memory
  for (int round = 0; round < 2; ++round) {  // the means follow memory and weights
    const auto part = data.raw.narrow(0, 10 * round, 10), labels = data.labels.narrow(0, 0, 10);
    harness.observe(part, labels);
    const auto held = data.raw.narrow(0, 0, 10 * (round + 1));
    const auto embed = [&](const at::Tensor& raw) {
      const auto f = harness.network().features(raw).detach();
      return f / f.norm(2, 1, true).clamp_min(1e-12);
    };
    const auto found = harness.predict(data.raw);
    for (const int c : {0, 2}) {
      const auto of_class = data.labels.narrow(0, 0, held.size(0)).eq(c).nonzero().squeeze(1);
      auto mean = embed(held.index_select(0, of_class)).mean(0);
      mean = mean / mean.norm();
      const auto expected = -(embed(data.raw) - mean).square().sum(1);
      EXPECT_TRUE(found.select(1, c).allclose(expected, 1e-4, 1e-5)) << c;
    }
    for (const int c : {1, 3}) {
      EXPECT_TRUE(found.select(1, c).lt(-1e38).all().item<bool>());
    }
  }
}

TEST(Scr, ALoneFirstSampleTeachesNothing) {
  ModelHarness harness(plan_with({}));
  const auto data = random_task(1, {2}, {0}, 4);
  harness.begin_task(data);
  EXPECT_TRUE(std::isfinite(harness.observe(data.raw, data.labels)));
  EXPECT_TRUE(harness.values().isfinite().all().item<bool>());
}

}  // namespace scr_test
