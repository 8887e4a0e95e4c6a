#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/one_hot.h>

#include "model_bench.hpp"
#include <gtest/gtest.h>

namespace lwf_mc_test {

using clh::test::BenchPlan;
using clh::test::BenchTask;
using clh::test::ModelBench;
using clh::test::OptionTexts;
using clh::test::random_task;

BenchPlan plan_with(const std::string& model, OptionTexts options) {
  BenchPlan plan{model, std::move(options)};
  plan.blocks = {6};
  return plan;
}

BenchTask task(int t) {
  return random_task(12, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// -mean of y log s(z) + (1 - y) log(1 - s(z)).
at::Tensor cross_entropies(const at::Tensor& z, const at::Tensor& y) {
  const auto p = z.sigmoid();
  return -(y * p.log() + (1 - y) * (1 - p).log()).mean();
}

TEST(LwfMc, FirstTaskIsTheBinaryCrossEntropyOverSeenOutputsPlusDecay) {
  ModelBench bench(plan_with("lwf-mc", {{"weight-decay", "0.01"}}));
  const auto data = task(0);
  bench.begin_task(data);
  const auto loss = cross_entropies(bench.forward(data.raw).narrow(1, 0, 2),
                                    at::one_hot(data.labels, 2).to(at::kFloat));
  const auto gradient = bench.gradient_of(loss) + 0.02 * bench.values();
  const auto decay = 0.01 * bench.values().square().sum().item<double>();
  EXPECT_NEAR(bench.observe(data.raw, data.labels), loss.item<double>() + decay, 1e-5);
  EXPECT_TRUE(bench.grads().allclose(gradient, 1e-4, 1e-6));
}

TEST(LwfMc, OldOutputsAreTaughtByTheNetworkFromBeforeTheTask) {
  ModelBench bench(plan_with("lwf-mc", {}));
  for (int t = 0; t < 3; ++t) {
    const auto data = task(t);
    bench.begin_task(data);
    const auto taught = bench.forward(data.raw).detach().sigmoid().narrow(1, 0, 2 * t);
    bench.train(4);  // away from the teacher
    const auto target = at::cat({taught, at::one_hot(data.labels - 2 * t, 2).to(at::kFloat)}, 1);
    const auto loss = cross_entropies(bench.forward(data.raw).narrow(1, 0, 2 * t + 2), target);
    const auto gradient = bench.gradient_of(loss);
    EXPECT_NEAR(bench.observe(data.raw, data.labels), loss.item<double>(), 1e-5) << t;
    EXPECT_TRUE(bench.grads().allclose(gradient, 1e-4, 1e-6)) << t;
    bench.end_task();
    EXPECT_TRUE(bench.predict(data.raw).equal(bench.forward(data.raw).detach()));
  }
}

// With as many exemplars as classes icarl differs by them alone, in the first task by nothing.
TEST(LwfMc, IsIcarlWithoutMemory) {
  ModelBench with(plan_with("icarl", {{"buffer-size", "6"}, {"weight-decay", "0"}}));
  ModelBench without(plan_with("lwf-mc", {}));
  for (auto* bench : {&with, &without}) {
    bench->begin_task(task(0));
    bench->train(4);
    bench->end_task();
  }
  EXPECT_TRUE(with.values().equal(without.values()));
  for (auto* bench : {&with, &without}) {
    bench->begin_task(task(1));
    bench->observe(task(1).raw, task(1).labels);
  }
  EXPECT_TRUE(with.values().equal(without.values()));
}

}  // namespace lwf_mc_test
