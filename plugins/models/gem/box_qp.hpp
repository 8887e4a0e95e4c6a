// solve_box_qp: a small strictly convex quadratic programme with a lower bound on each variable.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace gem {

/// minimise 1/2 v^T P v + q^T v subject to v_i >= bound. P is row-major.
struct BoxQp {
  std::vector<double> p, q;  // [n * n] symmetric positive definite, [n]
  double bound = 0;

  std::size_t size() const { return q.size(); }
  /// (P v + q)_i
  double gradient(const std::vector<double>& v, std::size_t i) const {
    double sum = q[i];
    for (std::size_t j = 0; j < size(); ++j) {
      sum += p[i * size() + j] * v[j];
    }
    return sum;
  }
};

/// The solution of P_FF v_F = -(q + bound * P 1_{not F})_F by Cholesky, at the bound outside F.
inline std::vector<double> solve_free(const BoxQp& qp, const std::vector<std::size_t>& free) {
  const auto n = qp.size(), m = free.size();
  std::vector<double> v(n, qp.bound);
  for (const auto i : free) {
    v[i] = 0;
  }
  std::vector<double> x(m), l(m * m);
  for (std::size_t r = 0; r < m; ++r) {
    x[r] = -qp.gradient(v, free[r]);
    for (std::size_t c = 0; c <= r; ++c) {
      double sum = qp.p[free[r] * n + free[c]];
      for (std::size_t k = 0; k < c; ++k) {
        sum -= l[r * m + k] * l[c * m + k];
      }
      l[r * m + c] = r == c ? std::sqrt(sum) : sum / l[c * m + c];
    }
  }
  for (std::size_t r = 0; r < m; ++r) {
    for (std::size_t k = 0; k < r; ++k) {
      x[r] -= l[r * m + k] * x[k];
    }
    x[r] /= l[r * m + r];
  }
  for (std::size_t r = m; r-- > 0;) {
    for (std::size_t k = r + 1; k < m; ++k) {
      x[r] -= l[k * m + r] * x[k];
    }
    x[r] /= l[r * m + r];
    v[free[r]] = x[r];
  }
  return v;
}

/// Solves it exactly, up to rounding, by an active-set method that ends after finitely many steps;
/// O(n^4) at most, meant for n up to a few dozen.
/// Returns: v [n] with v_i >= bound, and P v + q = 0 where v_i > bound, >= 0 elsewhere.
/// Source:  Lawson, Hanson 1974, Solving Least Squares Problems, algorithm NNLS (23.10), on the
///          normal equations, with the bound in place of 0.
inline std::vector<double> solve_box_qp(const BoxQp& qp) {
  const auto n = qp.size();
  std::vector<double> v(n, qp.bound);
  std::vector<bool> is_free(n, false);
  double scale = std::numeric_limits<double>::min();
  for (std::size_t i = 0; i < n; ++i) {
    scale = std::max({scale, std::abs(qp.q[i]), std::abs(qp.bound) * qp.p[i * n + i]});
  }
  for (std::size_t round = 0; round < 10 * n; ++round) {
    auto enters = n;
    auto steepest = -1e-13 * scale * static_cast<double>(n);  // below is rounding
    for (std::size_t i = 0; i < n; ++i) {
      const auto slope = is_free[i] ? 0.0 : qp.gradient(v, i);
      if (slope < steepest) {
        steepest = slope;
        enters = i;
      }
    }
    if (enters == n) {
      break;
    }
    is_free[enters] = true;
    for (bool inside = false; !inside;) {
      std::vector<std::size_t> free;
      for (std::size_t i = 0; i < n; ++i) {
        if (is_free[i]) {
          free.push_back(i);
        }
      }
      const auto target = solve_free(qp, free);
      double step = 1;  // as far towards the target as the bounds allow
      auto leaves = n;
      for (const auto i : free) {
        if (target[i] <= qp.bound && v[i] - target[i] > 0) {
          const auto reach = (v[i] - qp.bound) / (v[i] - target[i]);
          if (reach < step) {
            step = reach;
            leaves = i;
          }
        }
      }
      for (const auto i : free) {
        v[i] += step * (target[i] - v[i]);
      }
      inside = leaves == n;
      if (!inside) {
        v[leaves] = qp.bound;
        is_free[leaves] = false;
      }
    }
  }
  return v;
}

}  // namespace gem
