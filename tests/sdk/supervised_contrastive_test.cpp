// supervised_contrastive against loops over anchors and positives, and against finite differences.
#include <clh/losses/normalize_rows.hpp>
#include <clh/losses/supervised_contrastive.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace supervised_contrastive_test {

at::Tensor rows(std::int64_t n, std::uint64_t seed) {
  return clh::normalize_rows(at::randn({n, 3}, at::detail::createCPUGenerator(seed), at::kDouble));
}

/// The definition, one number at a time. `self`: anchors are the set, and not their own positives.
double slowly(const at::Tensor& anchors, const std::vector<std::int64_t>& labels,
              const at::Tensor& set, const std::vector<std::int64_t>& set_labels, bool self,
              double tau, double base) {
  const auto similarity = [&](std::size_t i, std::size_t j) {
    return (anchors[static_cast<std::int64_t>(i)] * set[static_cast<std::int64_t>(j)])
               .sum()
               .item<double>() /
           tau;
  };
  double sum = 0;
  int anchors_used = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    double all = 0, chosen = 0;
    int positives = 0;
    for (std::size_t k = 0; k < set_labels.size(); ++k) {
      all += self && k == i ? 0 : std::exp(similarity(i, k));
    }
    for (std::size_t j = 0; j < set_labels.size(); ++j) {
      if (set_labels[j] == labels[i] && !(self && j == i)) {
        chosen += std::log(std::exp(similarity(i, j)) / all);
        ++positives;
      }
    }
    if (positives > 0) {
      sum -= tau / base * chosen / positives;
      ++anchors_used;
    }
  }
  return sum / anchors_used;
}

TEST(SupervisedContrastive, EqualsTheLoopsOverAnchorsAndPositives) {
  const std::vector<std::int64_t> labels{0, 1, 0, 2, 1, 0, 7};  // 2 and 7 are alone
  const auto u = rows(7, 1);
  for (const auto& [tau, base] : {std::pair{0.07, 0.07}, {0.2, 0.07}, {5.0, 5.0}, {1.0, 2.0}}) {
    const auto loss = clh::supervised_contrastive(u, at::tensor(labels, at::kLong), {tau, base});
    EXPECT_NEAR(loss.item<double>(), slowly(u, labels, u, labels, true, tau, base), 1e-10) << tau;
  }
}

TEST(SupervisedContrastive, ContrastsAnchorsWithASetThatTheyAreNotIn) {
  const std::vector<std::int64_t> labels{0, 1, 5}, set_labels{1, 0, 0, 3, 1};  // none for 5
  const auto anchors = rows(3, 2), set = rows(5, 3);
  const auto loss = clh::supervised_contrastive(anchors, at::tensor(labels, at::kLong), set,
                                                at::tensor(set_labels, at::kLong), {0.1, 0.07});
  EXPECT_NEAR(loss.item<double>(), slowly(anchors, labels, set, set_labels, false, 0.1, 0.07),
              1e-10);
}

// u_0 = u_1 = (1, 0), u_2 = (0, 1), tau 1: each of the pair has probability e / (e + 1).
TEST(SupervisedContrastive, ByHand) {
  const auto u = at::tensor({1.0, 0.0, 1.0, 0.0, 0.0, 1.0}).view({3, 2});
  const auto loss = clh::supervised_contrastive(u, at::tensor({4, 4, 9}, at::kLong), {1.0, 0.5});
  EXPECT_NEAR(loss.item<double>(), -2 * std::log(std::exp(1.0) / (std::exp(1.0) + 1)), 1e-12);
}

TEST(SupervisedContrastive, GradientIsThatOfFiniteDifferences) {
  const auto labels = at::tensor({0, 1, 0, 2, 1, 0}, at::kLong);
  const auto raw = at::randn({6, 3}, at::detail::createCPUGenerator(4), at::kDouble);
  const auto loss = [&](const at::Tensor& x) {
    return clh::supervised_contrastive(clh::normalize_rows(x), labels, {0.5, 0.07});
  };
  auto x = raw.clone().requires_grad_();
  loss(x).backward();
  constexpr double kStep = 1e-6;
  for (std::int64_t i = 0; i < raw.numel(); ++i) {
    auto up = raw.clone(), down = raw.clone();
    up.view(-1)[i] += kStep;
    down.view(-1)[i] -= kStep;
    const auto slope = (loss(up) - loss(down)).item<double>() / (2 * kStep);
    EXPECT_NEAR(x.grad().view(-1)[i].item<double>(), slope, 1e-6) << i;
  }
}

TEST(SupervisedContrastive, IsZeroWithAFiniteGradientWhereNothingHasAPositive) {
  for (const std::int64_t n : {1, 3}) {
    auto x = at::randn({n, 3}, at::detail::createCPUGenerator(5)).requires_grad_();
    const auto loss =
        clh::supervised_contrastive(clh::normalize_rows(x), at::arange(n), {0.07, 0.07});
    EXPECT_EQ(loss.item<double>(), 0);
    loss.backward();
    EXPECT_TRUE(x.grad().eq(0).all().item<bool>());
  }
}

TEST(SupervisedContrastive, LeavesLoneAnchorsOutOfTheGradient) {
  auto x = at::randn({3, 3}, at::detail::createCPUGenerator(6)).requires_grad_();
  const auto labels = at::tensor({0, 1, 1}, at::kLong);
  clh::supervised_contrastive(clh::normalize_rows(x), labels, {0.07, 0.07}).backward();
  EXPECT_TRUE(x.grad().isfinite().all().item<bool>());
}

TEST(UnitRows, WithoutADirectionPassNoGradientOn) {
  auto x = at::tensor({0.0F, 0.0F, 1e-9F, 0.0F, 3.0F, 4.0F}).view({3, 2}).requires_grad_();
  const auto u = clh::normalize_rows(x);
  EXPECT_TRUE(u.narrow(0, 0, 2).eq(0).all().item<bool>());
  (u * at::tensor({1.0F, 2.0F})).sum().backward();
  // d/dx of (x + 2 y) / |(x, y)| at (3, 4).
  const auto expected = at::tensor({0.0F, 0.0F, 0.0F, 0.0F, -0.064F, 0.048F}).view({3, 2});
  EXPECT_TRUE(x.grad().allclose(expected, 1e-5, 1e-6));
}

TEST(UnitRows, HaveLengthOneAndZerosStay) {
  const auto u = clh::normalize_rows(at::tensor({3.0, 4.0, 0.0, 0.0}).view({2, 2}));
  EXPECT_TRUE(u.allclose(at::tensor({0.6, 0.8, 0.0, 0.0}, at::kDouble).view({2, 2})));
}

}  // namespace supervised_contrastive_test
