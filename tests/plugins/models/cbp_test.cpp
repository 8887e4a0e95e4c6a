#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "gated_state.hpp"
#include "tests/support/error_of.hpp"
#include <gtest/gtest.h>

namespace cbp_test {

using clh::core::StateRecord;
using clh::test::error_of;
using clh::test::HarnessPlan;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;
using clh::test::rewrite;
using clh::test::slice;

HarnessPlan plan_of(const OptionTexts& options, const std::string& model = "cbp") {
  HarnessPlan plan{model, options};
  plan.backbone_options = {{"width", "4"}, {"depth", "2"}, {"init", "default"}};
  return plan;
}

const clh::test::HarnessTask kTask = random_task(8, {2}, {0, 1, 2, 3}, 1);

at::Tensor kept(const ModelHarness& harness, const char* key) {
  return std::get<at::Tensor>(harness.model_state()->values.at(key)).clone();
}
std::vector<double> due(const ModelHarness& harness) {
  const auto state = harness.model_state();
  const auto& bytes = std::get<StateRecord::Bytes>(state->values.at("due"));
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

struct Units {
  at::Tensor first, second;  // mean |h| over the batch, [4]
};
Units used(ModelHarness& harness) {
  const at::NoGradGuard no_grad;
  const auto of = [&](const char* name) { return slice(harness, harness.values(), name); };
  const auto h = at::linear(kTask.raw, of("backbone.fc1.weight"), of("backbone.fc1.bias")).relu();
  const auto g = at::linear(h, of("backbone.fc2.weight"), of("backbone.fc2.bias")).relu();
  return {h.abs().mean(0), g.abs().mean(0)};
}

TEST(Cbp, UtilityIsARunningMeanOfOutputTimesOutgoingWeights) {
  ModelHarness harness(plan_of({{"kappa", "0.9"}}));
  harness.begin_task(kTask);
  auto expected = at::zeros({8});
  for (int step = 1; step <= 5; ++step) {
    const auto h = used(harness);
    harness.observe(kTask.raw, kTask.labels);
    const auto out = at::cat({slice(harness, harness.values(), "backbone.fc2.weight").abs().sum(0),
                              slice(harness, harness.values(), "head.0.weight").abs().sum(0)});
    expected = 0.9 * expected + 0.1 * at::cat({h.first, h.second}) * out;
    EXPECT_TRUE(kept(harness, "utility").allclose(expected, 1e-5, 1e-7)) << step;
    EXPECT_TRUE(kept(harness, "age").equal(at::full({8}, static_cast<float>(step))));
  }
  EXPECT_GT(expected.max().item<double>(), 0.01);
}

TEST(Cbp, IsPlainTrainingUntilAUnitIsDueAndReplacesThatOneAlone) {
  // Three steps to maturity; then 4 * 0.15 a step: 0.6, then 1.2.
  ModelHarness harness(plan_of({{"rho", "0.15"}, {"maturity", "3"}}));
  ModelHarness plain(plan_of({}, "sgd"));
  harness.begin_task(kTask);
  plain.begin_task(kTask);
  const auto step = [&] {
    harness.observe(kTask.raw, kTask.labels);
    plain.observe(kTask.raw, kTask.labels);
  };
  for (int i = 1; i <= 4; ++i) {
    step();
    EXPECT_TRUE(harness.values().equal(plain.values())) << i;
    EXPECT_NEAR(due(harness)[0], i == 4 ? 0.6 : 0.0, 1e-12);
  }
  step();
  const auto ages = kept(harness, "age");
  const auto fresh = harness.network().spawn(false, "init/1");
  auto expected = plain.values().clone();
  const auto& info = harness.network().info();
  const auto of = [&](const at::Tensor& flat, const char* name) {
    return slice(harness, flat, name);
  };
  const struct {
    std::int64_t begin;
    const char *weight, *bias, *next;
  } layers[] = {{0, "backbone.fc1.weight", "backbone.fc1.bias", "backbone.fc2.weight"},
                {4, "backbone.fc2.weight", "backbone.fc2.bias", "head.0.weight"}};
  for (const auto& layer : layers) {
    const auto age = ages.narrow(0, layer.begin, 4);
    ASSERT_EQ(age.eq(0).sum().item<std::int64_t>(), 1);
    const auto unit = age.argmin().item<std::int64_t>();
    of(expected, layer.weight)[unit].copy_(of(fresh->arena().values(), layer.weight)[unit]);
    of(expected, layer.bias)[unit].copy_(of(fresh->arena().values(), layer.bias)[unit]);
    EXPECT_NEAR(due(harness)[static_cast<std::size_t>(layer.begin / 4)], 0.2, 1e-12);
    EXPECT_EQ(kept(harness, "utility")[layer.begin + unit].item<float>(), 0);
  }
  for (const auto& layer : layers) {  // a replaced unit of the second layer is fed by none
    const auto unit = ages.narrow(0, layer.begin, 4).argmin().item<std::int64_t>();
    of(expected, layer.next).select(1, unit).zero_();
  }
  ASSERT_GT(info.n_values, 0);
  EXPECT_TRUE(harness.values().equal(expected));
  // The fresh unit is immature: three are left to count.
  step();
  EXPECT_NEAR(due(harness)[0], 0.2 + 3 * 0.15, 1e-12);
}

/// The unit of the first layer that the next step replaces when these are the utilities and ages.
std::int64_t replaced(const OptionTexts& options, const std::vector<float>& utility,
                      const std::vector<float>& age) {
  ModelHarness harness(plan_of(options));
  harness.begin_task(kTask);
  harness.observe(kTask.raw, kTask.labels);
  rewrite(harness, kTask, 0, [&](StateRecord& state) {
    auto all = at::full({8}, 1.0F), ages = at::zeros({8});
    all.narrow(0, 0, 4).copy_(at::tensor(utility));
    ages.narrow(0, 0, 4).copy_(at::tensor(age));
    state.values["utility"] = all;
    state.values["age"] = ages;
    const double counts[] = {0.999, 0};
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(counts);
    state.values["due"] = StateRecord::Bytes(bytes, bytes + sizeof counts);
  });
  harness.observe(kTask.raw, kTask.labels);
  const auto ages = kept(harness, "age").narrow(0, 0, 4);
  EXPECT_EQ(ages.eq(0).sum().item<std::int64_t>(), 1);
  return ages.argmin().item<std::int64_t>();
}

TEST(Cbp, ReplacesTheMatureUnitOfLeastUtility) {
  // kappa close to 1: the step itself hardly changes the utilities.
  const OptionTexts options{
      {"kappa", "0.99999"}, {"rho", "0.01"}, {"bias-correct", "false"}, {"maturity", "10"}};
  EXPECT_EQ(replaced(options, {4, 3, 2, 1}, {50, 50, 50, 50}), 3);
  EXPECT_EQ(replaced(options, {4, 3, 2, 1}, {50, 50, 50, 9}), 2);  // 3 is ten steps old, not more
  EXPECT_EQ(replaced(options, {4, 0.5, 2, 1}, {50, 50, 50, 10}), 1);
}

TEST(Cbp, CorrectsTheBiasOfYoungUnits) {
  OptionTexts options{
      {"kappa", "0.999"}, {"rho", "0.01"}, {"bias-correct", "false"}, {"maturity", "10"}};
  // After 20 steps a mean with 0.999 has a fiftieth of its weight: 0.05 stands for some 2.4.
  const std::vector<float> utility = {3, 0.05F, 1, 3}, age = {9999, 20, 9999, 9999};
  EXPECT_EQ(replaced(options, utility, age), 1);
  options["bias-correct"] = "true";
  EXPECT_EQ(replaced(options, utility, age), 2);
}

TEST(Cbp, DrawsFreshWeightsAnewEachTime) {
  ModelHarness harness(plan_of({{"rho", "1"}, {"maturity", "0"}}));  // all units at every step
  harness.begin_task(kTask);
  at::Tensor before;
  for (int i = 1; i <= 3; ++i) {
    harness.observe(kTask.raw, kTask.labels);
    const auto rows = slice(harness, harness.values(), "backbone.fc1.weight");
    const auto fresh = harness.network().spawn(false, "init/" + std::to_string(i));
    EXPECT_TRUE(rows.equal(slice(harness, fresh->arena().values(), "backbone.fc1.weight")));
    EXPECT_TRUE(slice(harness, harness.values(), "head.0.weight").eq(0).all().item<bool>());
    EXPECT_FALSE(before.defined() && before.equal(rows));
    before = rows.clone();
  }
}

TEST(Cbp, RefusesABackboneThatIsNoChainOfFullyConnectedLayers) {
  auto plan = plan_of({});
  plan.input = {1, 8, 8};
  plan.backbone = "resnet18";
  plan.backbone_options = {{"width", "2"}};
  ModelHarness harness(plan);
  const auto task = random_task(4, plan.input, {0, 1}, 1);
  harness.begin_task(task);
  const auto error = error_of([&] { harness.observe(task.raw, task.labels); });
  EXPECT_NE(std::string(error.what())
                .find("fully connected layers with gates, found "
                      "backbone.stem"),
            std::string::npos)
      << error.what();
}

}  // namespace cbp_test
