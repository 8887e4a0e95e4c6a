// herd and NearestClassMean: what a class-mean classifier keeps, and how it decides.
#include <clh/losses/nearest_class_mean.hpp>
#include <clh/memory/herding.hpp>

#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace exemplar_choice_test {

using Places = std::vector<std::int64_t>;

TEST(Herding, ChoosesByHand) {
  // The mean is 4. Nearest single: 5. With it 1 gives 3, 0 gives 2.5, 10 gives 7.5. Then 10 gives
  // 16 / 3, 0 gives 2; then 0.
  const auto x = at::tensor({0.0, 1.0, 5.0, 10.0}).unsqueeze(1);
  EXPECT_EQ(clh::herd(x, 4), (Places{2, 1, 3, 0}));
  EXPECT_EQ(clh::herd(x, 2), (Places{2, 1}));
  EXPECT_EQ(clh::herd(x, 9), (Places{2, 1, 3, 0}));  // clamped
  EXPECT_TRUE(clh::herd(x, 0).empty());
  EXPECT_EQ(clh::herd(at::ones({3, 2}), 3), (Places{0, 1, 2}));  // ties: the lowest
}

TEST(Herding, MinimisesTheDistanceOfTheRunningMean) {
  const auto x = at::randn({60, 5}, at::detail::createCPUGenerator(3));
  const auto wide = x.to(at::kDouble);
  const auto mean = wide.mean(0);
  const auto chosen = clh::herd(x, 60);
  auto sum = at::zeros({5}, at::kDouble);
  std::vector<bool> used(60, false);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto place = static_cast<std::size_t>(chosen[i]);
    ASSERT_FALSE(used[place]);
    const auto distance = [&](std::int64_t candidate) {
      return (mean - (sum + wide[candidate]) / static_cast<double>(i + 1)).norm().item<double>();
    };
    for (std::int64_t other = 0; other < 60; ++other) {
      if (!used[static_cast<std::size_t>(other)]) {
        EXPECT_LE(distance(chosen[i]), distance(other) + 1e-12);
      }
    }
    used[place] = true;
    sum += wide[chosen[i]];
  }
  const auto fewer = clh::herd(x, 20);
  EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), chosen.begin()));
}

TEST(NearestClassMean, ScoresByHand) {
  const auto features = at::tensor({2.0F, 0.0F, 0.0F, 1.0F}).view({2, 2});
  const auto query = at::tensor({3.0F, 0.0F}).view({1, 2});
  clh::NearestClassMean unit, plain(false);
  EXPECT_TRUE(unit.empty());
  for (auto* classifier : {&unit, &plain}) {
    classifier->set(1, features);
    EXPECT_FALSE(classifier->empty());
  }
  // At length 1: rows (1, 0) and (0, 1), mean at length 1 (r, r) with r = sqrt(1/2), query (1, 0).
  const auto r = std::sqrt(0.5);
  const auto scores = unit.scores(query, 3);
  ASSERT_EQ(scores.sizes(), (Places{1, 3}));
  EXPECT_NEAR(scores[0][1].item<double>(), -((1 - r) * (1 - r) + r * r), 1e-6);
  EXPECT_EQ(scores[0][0].item<float>(), std::numeric_limits<float>::lowest());
  // As they are: mean (1, 1/2), query (3, 0).
  EXPECT_NEAR(plain.scores(query, 3)[0][1].item<double>(), -4.25, 1e-6);
  EXPECT_TRUE(unit.scores(at::zeros({1, 2}), 3)[0][1].isfinite().item<bool>());
  unit.clear();
  EXPECT_TRUE(unit.empty());
}

}  // namespace exemplar_choice_test
