// herd: exemplars whose mean stays as near as possible to the mean of all, the best ones first.
#pragma once
#include <ATen/ops/sub.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Chooses rows one after the other: the i-th minimises |mu - (x + sum of those before) / i|, mu the
/// mean of all rows. A prefix of the choice is the choice of fewer.
/// Inputs:  features [n, F], n >= 0, normalized if the method says so; count >= 0, clamped to n.
/// Returns: different row numbers in the order of choice; the lowest one on a tie.
/// Source:  Welling 2009, doi:10.1145/1553374.1553517; Rebuffi et al. 2017, arXiv:1611.07725, Alg. 4.
inline std::vector<std::int64_t> herd(const at::Tensor& features, std::int64_t count) {
  const auto x = features.detach().to(at::kDouble);
  const auto mean = x.mean(0);
  // |i mu - s - x|^2 / 2 is, but for what x does not change, |x|^2 / 2 - <x, i mu - s>.
  auto cost = x.square().sum(1).div_(2);
  auto wanted = mean.clone();  // i mu - s
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < std::min(count, x.size(0)); ++i) {
    const auto best = at::sub(cost, x.mv(wanted)).argmin().item<std::int64_t>();
    chosen.push_back(best);
    cost[best] = std::numeric_limits<double>::infinity();
    wanted.add_(mean).sub_(x[best]);
  }
  return chosen;
}

}  // namespace clh
