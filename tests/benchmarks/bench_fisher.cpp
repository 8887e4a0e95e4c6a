// bench_fisher: what online EWC does at the end of a task on a network of linear layers, in closed
// form, against one backward pass for each sample and class of the same task. Both alternate in one
// process; medians and their ratio. Target: at least 20 times faster. The two diagonals are
// compared, too.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "core/machine/environment.hpp"
#include "tests/benchmarks/median.hpp"
#include "tests/plugins/models/model_harness.hpp"

namespace {

using namespace clh;  // NOLINT
using bench::median;
using test::ModelHarness;

constexpr std::int64_t kSamples = 500, kClasses = 10;

/// (1/N) sum_n sum_k p_nk (d log p_nk / d theta)^2, each gradient by itself.
at::Tensor per_sample(ModelHarness& subject, const test::HarnessTask& task) {
  const auto gradient = subject.grads();
  auto sum = at::zeros_like(gradient);
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const auto log_p = subject.forward(task.raw.narrow(0, n, 1)).log_softmax(1)[0];
    const auto p = log_p.detach().exp();
    for (std::int64_t k = 0; k < kClasses; ++k) {
      gradient.zero_();
      log_p[k].backward({}, /*retain_graph=*/k + 1 < kClasses);
      sum.addcmul_(gradient, gradient, p[k].item<double>());
    }
  }
  gradient.zero_();
  return sum.div_(static_cast<double>(kSamples));
}

template <class Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  core::set_threads(1);
  test::HarnessPlan plan;
  plan.model = "ewc";
  plan.options = {{"mode", "online"}, {"gamma", "0"}};  // each task's diagonal replaces the last
  plan.input = {784};
  plan.backbone_options = {{"width", "100"}, {"depth", "2"}};
  plan.blocks = {kClasses};
  ModelHarness subject(plan);
  const auto task = test::random_task(kSamples, {784}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1);
  subject.begin_task(task);
  subject.train(10);

  std::vector<double> closed, slow;
  at::Tensor expected;
  for (int round = 0; round < rounds; ++round) {
    closed.push_back(seconds([&] { subject.end_task(); }));
    slow.push_back(seconds([&] { expected = per_sample(subject, task); }));
  }
  const auto state = subject.model_state();
  const auto& found = std::get<at::Tensor>(state->children.at("penalty")->values.at("importance"));
  const auto apart = (found - expected).abs().max() / expected.max();
  const auto environment = core::read_environment(1);
  std::printf("closed form %.1f ms, per sample %.0f ms, ratio %.0f (target 20), medians of %d\n",
              1e3 * median(closed), 1e3 * median(slow), median(slow) / median(closed), rounds);
  std::printf("largest difference %.1e of the largest entry\n", apart.item<double>());
  std::printf("%s, %s, %d thread, %lld samples, MLP 784-100-100-10, fisher=exact\n",
              environment.cpu_model.c_str(), core::blas_name(environment.blas).c_str(),
              environment.threads, static_cast<long long>(kSamples));
  return 0;
}
