#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/one_hot.h>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace lwf_mc_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessPlan plan_with(const std::string& model, OptionTexts options) {
  HarnessPlan plan{model, std::move(options)};
  plan.blocks = {6};
  return plan;
}

HarnessTask task(int t) {
  return random_task(12, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// -mean of y log s(z) + (1 - y) log(1 - s(z)).
at::Tensor cross_entropies(const at::Tensor& z, const at::Tensor& y) {
  const auto p = z.sigmoid();
  return -(y * p.log() + (1 - y) * (1 - p).log()).mean();
}

TEST(LwfMc, FirstTaskIsTheBinaryCrossEntropyOverSeenOutputsPlusDecay) {
  ModelHarness harness(plan_with("lwf-mc", {{"weight-decay", "0.01"}}));
  const auto data = task(0);
  harness.begin_task(data);
  const auto loss = cross_entropies(harness.forward(data.raw).narrow(1, 0, 2),
                                    at::one_hot(data.labels, 2).to(at::kFloat));
  const auto gradient = harness.gradient_of(loss) + 0.02 * harness.values();
  const auto decay = 0.01 * harness.values().square().sum().item<double>();
  EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>() + decay, 1e-5);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6));
}

TEST(LwfMc, OldOutputsAreTaughtByTheNetworkFromBeforeTheTask) {
  ModelHarness harness(plan_with("lwf-mc", {}));
  for (int t = 0; t < 3; ++t) {
    const auto data = task(t);
    harness.begin_task(data);
    const auto taught = harness.forward(data.raw).detach().sigmoid().narrow(1, 0, 2 * t);
    harness.train(4);  // away from the teacher
    const auto target = at::cat({taught, at::one_hot(data.labels - 2 * t, 2).to(at::kFloat)}, 1);
    const auto loss = cross_entropies(harness.forward(data.raw).narrow(1, 0, 2 * t + 2), target);
    const auto gradient = harness.gradient_of(loss);
    EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-5) << t;
    EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6)) << t;
    harness.end_task();
    EXPECT_TRUE(harness.predict(data.raw).equal(harness.forward(data.raw).detach()));
  }
}

// With as many exemplars as classes icarl differs by them alone, in the first task by nothing.
TEST(LwfMc, IsIcarlWithoutMemory) {
  ModelHarness with(plan_with("icarl", {{"buffer-size", "6"}, {"weight-decay", "0"}}));
  ModelHarness without(plan_with("lwf-mc", {}));
  for (auto* harness : {&with, &without}) {
    harness->begin_task(task(0));
    harness->train(4);
    harness->end_task();
  }
  EXPECT_TRUE(with.values().equal(without.values()));
  for (auto* harness : {&with, &without}) {
    harness->begin_task(task(1));
    harness->observe(task(1).raw, task(1).labels);
  }
  EXPECT_TRUE(with.values().equal(without.values()));
}

}  // namespace lwf_mc_test
