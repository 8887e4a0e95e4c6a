// bench_abi: what the boundary costs a step. A network of next to nothing (4 hidden units, batch of
// 10) is trained by `observe` + network forward + loss + optimizer step, once through the C tables
// of the sgd plugin and once by direct calls on the same tensors, in short alternating blocks.
// Target: under 2 microseconds a step.
#include <ATen/ops/arange.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/relu.h>

#include <chrono>
#include <cstdio>

#include "core/machine/environment.hpp"
#include "tests/benchmarks/median.hpp"
#include "tests/support/test_run.hpp"

namespace {

using namespace clh;  // NOLINT
using bench::median;
using Clock = std::chrono::steady_clock;

constexpr int kSteps = 50;  // short blocks, so that both sides meet the same disturbances

double microseconds_per_step(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count() / kSteps;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 400;
  core::set_threads(1);
  test::TestRun run(
      {"dataset=tiny", "model=sgd", "backbone=mlp", "backbone.width=4", "backbone.depth=1"});
  auto& experiment = run.experiment();
  auto& network = *experiment.network();
  auto& optimizer = *experiment.optimizer();
  const core::Criterion criterion({});
  const auto& model = experiment.model();
  const auto raw = at::randint(0, 255, {10, 1, 28, 28}).to(at::kByte);
  const auto x = raw.to(at::kFloat).div_(255);
  const auto y = at::randint(0, 10, {10});
  const auto ids = at::arange(10);
  clh_batch batch{};
  batch.struct_size = sizeof batch;
  batch.x = lend(x);
  batch.raw = lend(raw);
  batch.y = lend(y);
  batch.ids = lend(ids);
  const auto backbone = network.backbone().parameters();

  // The same step without any table: what the plugin's module and the host's head compute.
  const auto& w1 = backbone[0].tensor;
  const auto& b1 = backbone[1].tensor;
  const auto direct_step = [&] {
    optimizer.zero_grad();
    const auto features = at::relu(at::linear(x.flatten(1), w1, b1));
    const auto loss = criterion.loss(network.classify(features), y, false);
    loss.backward();
    optimizer.step();
    return loss.item<double>();
  };

  double sum = 0;
  std::vector<double> tables, direct;
  for (int round = 0; round < rounds; ++round) {
    auto start = Clock::now();
    for (int i = 0; i < kSteps; ++i) {
      sum += model.observe(batch);
    }
    tables.push_back(microseconds_per_step(start));
    start = Clock::now();
    for (int i = 0; i < kSteps; ++i) {
      sum += direct_step();
    }
    direct.push_back(microseconds_per_step(start));
  }
  std::vector<double> difference;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    difference.push_back(tables[i] - direct[i]);
  }
  std::printf(
      "through the tables %.2f us, direct %.2f us a step (medians of %d rounds of %d steps)\n",
      median(tables), median(direct), rounds, kSteps);
  std::printf("boundary %.2f us a step, median of the differences (target 2)\n",
              median(difference));
  const auto environment = core::read_environment(1);
  std::printf("%s, %s, %d thread (checksum %.3f)\n", environment.cpu_model.c_str(),
              core::blas_name(environment.blas).c_str(), environment.threads, sum);
  return 0;
}
