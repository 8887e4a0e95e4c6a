#include "plugins/models/gem/box_qp.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace box_qp_test {

using gem::BoxQp;
using gem::solve_box_qp;
using Numbers = std::vector<double>;

/// How far v is from the conditions of Karush, Kuhn and Tucker, relative to the size of q.
double kkt_residual(const BoxQp& qp, const Numbers& v) {
  double worst = 0, scale = 1;
  for (std::size_t i = 0; i < qp.size(); ++i) {
    const auto slope = qp.gradient(v, i);
    scale = std::max(scale, std::abs(qp.q[i]));
    worst = std::max(worst, qp.bound - v[i]);                             // feasible
    worst = std::max(worst, v[i] > qp.bound ? std::abs(slope) : -slope);  // stationary
  }
  return worst / scale;
}

/// P = G G^T + eps I, q = G g with the rows of G near one direction by `alike` in [0, 1].
BoxQp random_problem(std::mt19937& random, std::size_t n, double alike, double bound) {
  constexpr std::size_t kWidth = 40;
  std::normal_distribution<double> normal;
  Numbers shared(kWidth), g(kWidth);
  for (std::size_t k = 0; k < kWidth; ++k) {
    shared[k] = normal(random);
    g[k] = normal(random) - shared[k];
  }
  std::vector<Numbers> rows(n, Numbers(kWidth));
  for (auto& row : rows) {
    for (std::size_t k = 0; k < kWidth; ++k) {
      row[k] = alike * shared[k] + (1 - alike) * normal(random);
    }
  }
  const auto dot = [](const Numbers& a, const Numbers& b) {
    double sum = 0;
    for (std::size_t k = 0; k < kWidth; ++k) {
      sum += a[k] * b[k];
    }
    return sum;
  };
  BoxQp qp{Numbers(n * n), Numbers(n), bound};
  for (std::size_t i = 0; i < n; ++i) {
    qp.q[i] = dot(rows[i], g);
    for (std::size_t j = 0; j < n; ++j) {
      qp.p[i * n + j] = dot(rows[i], rows[j]) + (i == j ? 1e-3 : 0);
    }
  }
  return qp;
}

void expect_solution(const BoxQp& qp, const Numbers& expected) {
  const auto found = solve_box_qp(qp);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-14) << i;
  }
}

TEST(BoxQp, SolvesByHand) {
  expect_solution({{2}, {-4}, 0}, {2});
  expect_solution({{2}, {3}, 0}, {0});
  expect_solution({{2}, {3}, 0.5}, {0.5});
  expect_solution({{2}, {-4}, 3}, {3});
  // Without bounds (7/3, -5/3): the second variable is held, the first minimises a^2 - 3a + a v_2.
  expect_solution({{2, 1, 1, 2}, {-3, 1}, 0}, {1.5, 0});
  expect_solution({{2, 1, 1, 2}, {-3, 1}, 0.5}, {1.25, 0.5});
  expect_solution({{2, 1, 1, 2}, {-3, -3}, 0}, {1, 1});  // 2a + b = 3, a + 2b = 3
  expect_solution({{}, {}, 0.5}, {});
}

TEST(BoxQp, MeetsTheKktConditions) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 600; ++trial) {
    const auto n = static_cast<std::size_t>(1 + trial % 20);
    // Up to rows that differ by 1e-4: condition numbers beyond 1e5.
    const double alike = trial % 3 == 0 ? 0 : trial % 3 == 1 ? 0.9 : 0.9999;
    const auto qp = random_problem(random, n, alike, trial % 2 == 0 ? 0 : 0.5);
    EXPECT_LT(kkt_residual(qp, solve_box_qp(qp)), 1e-10) << trial;
  }
}

/// Projected Gauss-Seidel, the method of the definition, run until it stands still.
TEST(BoxQp, AgreesWithGaussSeidel) {
  std::mt19937 random(2);
  for (int trial = 0; trial < 50; ++trial) {
    const auto qp = random_problem(random, 8, 0.5, 0.5);
    Numbers v(8, qp.bound);
    for (int sweep = 0; sweep < 20000; ++sweep) {
      for (std::size_t i = 0; i < 8; ++i) {
        v[i] = std::max(qp.bound, v[i] - qp.gradient(v, i) / qp.p[i * 8 + i]);
      }
    }
    const auto found = solve_box_qp(qp);
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(found[i], v[i], 1e-9 * std::max(1.0, std::abs(v[i]))) << trial;
    }
  }
}

}  // namespace box_qp_test
