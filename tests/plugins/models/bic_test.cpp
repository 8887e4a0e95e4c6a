#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <vector>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace bic_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessTask task(int t, std::int64_t samples = 40) {
  return random_task(samples, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"bic", std::move(options)};
  plan.blocks = {8};
  plan.tasks = 4;
  return plan;
}

void run(ModelHarness& harness, const HarnessTask& data, std::int64_t batch = 5) {
  harness.begin_task(data);
  harness.train(batch);
  harness.end_task();
}

/// The samples [n, 2] that `part` of the memory ("exemplars", "validation") has of a class.
at::Tensor kept(const ModelHarness& harness, const std::string& part, std::int64_t output) {
  const auto state = harness.model_state();
  const auto& record = *state->children.at(part);
  const auto& bytes = std::get<clh::core::StateRecord::Bytes>(record.values.at("outputs"));
  const auto* outputs = reinterpret_cast<const std::int64_t*>(bytes.data());
  for (std::size_t i = 0; i < bytes.size() / sizeof(std::int64_t); ++i) {
    if (outputs[i] == output) {
      return std::get<at::Tensor>(record.children.at("raw")->values.at(std::to_string(i)));
    }
  }
  return at::empty({0, 2});
}

struct Line {
  double alpha, beta;
};
Line correction(const ModelHarness& harness) {
  const auto state = harness.model_state();
  const auto& values = state->children.at("correction")->values;
  return {std::get<double>(values.at("alpha")), std::get<double>(values.at("beta"))};
}

TEST(Bic, SetsAsideAtMostTheShareOfWhatThereIsToTrainOn) {
  ModelHarness harness(plan_with({{"buffer-size", "5000"}, {"val-split", "0.1"}}));
  const auto data = task(0, 40);  // 20 of each class, a part of 1250 in memory
  harness.begin_task(data);
  const auto before = harness.values().clone();
  harness.train(5);
  EXPECT_FALSE(harness.values().equal(before)) << "it trains";
  harness.end_task();
  for (const std::int64_t output : {0, 1}) {
    EXPECT_EQ(kept(harness, "validation", output).size(0), 2);
    EXPECT_EQ(kept(harness, "exemplars", output).size(0), 18);
  }
}

TEST(Bic, LossWeighsTheDistillationByTheShareOfOldClasses) {
  // Two of the ten exemplars of each class validate; distillation with T^2 and without.
  for (const std::string squared : {"false", "true"}) {
    ModelHarness harness(plan_with({{"buffer-size", "40"},
                                    {"val-split", "0.2"},
                                    {"temperature", "3"},
                                    {"temperature-squared", squared},
                                    {"bias-decay", "0"}}));
    run(harness, task(0));
    run(harness, task(1));
    const auto line = correction(harness);
    ASSERT_GT(std::abs(line.alpha - 1) + std::abs(line.beta), 0.01);
    const auto data = task(2);
    auto taught = harness.forward(data.raw).detach().narrow(1, 0, 4).clone();
    taught.narrow(1, 2, 2).mul_(line.alpha).add_(line.beta);  // the classes of task 1
    harness.begin_task(data);
    const auto before = harness.values().clone();
    harness.observe(data.raw.narrow(0, 0, 4), data.labels.narrow(0, 0, 4));  // all set aside
    ASSERT_TRUE(harness.values().equal(before));
    for (int step = 0; step < 2; ++step) {  // at the teacher, and away from it
      const auto z = harness.forward(data.raw.narrow(0, 4, 36));
      const auto y = data.labels.narrow(0, 4, 36);
      const auto entropy = at::cross_entropy_loss(z.narrow(1, 0, 6), y);  // 2 classes are unseen
      const auto soft = (taught.narrow(0, 4, 36) / 3).softmax(1);
      auto distillation = -(soft * (z.narrow(1, 0, 4) / 3).log_softmax(1)).sum(1).mean();
      distillation = squared == "true" ? distillation * 9 : distillation;
      const auto loss = entropy * (2.0 / 6) + distillation * (4.0 / 6);
      const auto gradient = harness.gradient_of(loss);
      EXPECT_NEAR(harness.observe(data.raw.narrow(0, 4, 36), y), loss.item<double>(), 1e-5);
      EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6));
    }
  }
}

TEST(Bic, TheFirstTaskIsPlainTrainingOnWhatIsNotSetAside) {
  auto plan = plan_with({{"buffer-size", "20"}, {"val-split", "0.3"}});
  plan.blocks = {2};
  ModelHarness bic(plan);
  plan.model = "sgd";
  plan.options = {};
  ModelHarness sgd(plan);
  const auto data = task(0);  // labels 0, 1, 0, 1, ...: 3 of each are the first 6
  bic.begin_task(data);
  sgd.begin_task(data);
  for (int epoch = 0; epoch < 3; ++epoch) {
    bic.train(40);
    sgd.observe(data.raw.narrow(0, 6, 34), data.labels.narrow(0, 6, 34));
    EXPECT_TRUE(bic.values().allclose(sgd.values(), 1e-6, 1e-7)) << epoch;
  }
  bic.end_task();
  for (int c = 0; c < 2; ++c) {
    EXPECT_TRUE(kept(bic, "validation", c).equal(data.raw.slice(0, c, 6, 2)));
  }
}

TEST(Bic, ValidationIsBalancedAndApartFromTheExemplars) {
  ModelHarness harness(plan_with({{"buffer-size", "48"}, {"val-split", "0.25"}}));
  std::vector<at::Tensor> validating;
  for (int t = 0; t < 3; ++t) {
    run(harness, task(t, 80));
    const std::int64_t part = 48 / (2 * (t + 1)), held = part / 4;
    for (int c = 0; c < 2 * (t + 1); ++c) {
      const auto validation = kept(harness, "validation", c),
                 exemplars = kept(harness, "exemplars", c);
      ASSERT_EQ(validation.size(0), held) << t << c;
      ASSERT_EQ(exemplars.size(0), part - held) << t << c;
      const auto source = task(c / 2, 80);
      const auto own = source.raw.index_select(0, source.labels.eq(c).nonzero().squeeze(1));
      // The first samples of the class, and others of it, each once.
      EXPECT_TRUE(validation.equal(own.narrow(0, 0, held)));
      for (std::int64_t i = 0; i < exemplars.size(0); ++i) {
        EXPECT_EQ(validation.eq(exemplars[i]).all(1).sum().item<std::int64_t>(), 0);
        EXPECT_EQ(own.eq(exemplars[i]).all(1).sum().item<std::int64_t>(), 1);
        EXPECT_EQ(exemplars.eq(exemplars[i]).all(1).sum().item<std::int64_t>(), 1);
      }
    }
  }
  harness.begin_task(task(3));  // trains on the exemplars, never on the validation
  std::int64_t appended = 0;
  for (const auto& raw : harness.appended_raw()) {
    appended += raw.size(0);
    for (int c = 0; c < 6; ++c) {
      const auto validation = kept(harness, "validation", c);
      for (std::int64_t i = 0; i < validation.size(0); ++i) {
        EXPECT_EQ(raw.eq(validation[i]).all(1).sum().item<std::int64_t>(), 0);
      }
    }
  }
  EXPECT_EQ(appended, 36);
}

/// The cross-entropy of corrected outputs z [n, 4], the last two columns of new classes.
at::Tensor corrected_loss(const at::Tensor& z, const at::Tensor& y, const at::Tensor& line,
                          double decay) {
  const auto fixed = at::cat({z.narrow(1, 0, 2), z.narrow(1, 2, 2) * line[0] + line[1]}, 1);
  return at::cross_entropy_loss(fixed, y) + line[1].square() * (decay / 2);
}

/// The minimum, by Newton's method with derivatives from autograd and steps that are halved until
/// they lead down.
Line newton(const at::Tensor& z, const at::Tensor& y, double decay) {
  auto line = at::tensor({1.0, 0.0}, at::kDouble);
  for (int i = 0; i < 50; ++i) {
    const auto leaf = line.clone().set_requires_grad(true);
    const auto loss = corrected_loss(z, y, leaf, decay);
    const auto slope = torch::autograd::grad({loss}, {leaf}, {}, true, true)[0];
    const auto first = torch::autograd::grad({slope[0]}, {leaf}, {}, true)[0];
    const auto second = torch::autograd::grad({slope[1]}, {leaf}, {}, true)[0];
    auto step = at::stack({first, second}).inverse().mv(slope.detach());
    for (int half = 0;
         half < 40 && corrected_loss(z, y, line - step, decay).item<double>() > loss.item<double>();
         ++half) {
      step = step / 2;
    }
    line = line - step;
  }
  return {line[0].item<double>(), line[1].item<double>()};
}

HarnessPlan fit_plan(const std::string& decay) {
  auto plan = plan_with({{"buffer-size", "80"},
                         {"val-split", "0.5"},
                         {"bias-epochs", "4000"},
                         {"bias-decay", decay}});
  plan.blocks = {4};
  plan.tasks = 2;
  return plan;
}

/// Trains two tasks but for the end of the second, and multiplies and shifts its head's outputs.
void train_with_bias(ModelHarness& harness, double scale, double shift) {
  run(harness, task(0, 80));
  harness.begin_task(task(1, 80));
  harness.train(5);
  // mlp 2-3: weights 6, biases 3; head: weights [4, 3], biases [4].
  const auto weight = harness.values().narrow(0, 9, 12).view({4, 3}).narrow(0, 2, 2);
  const auto bias = harness.values().narrow(0, 21, 4).narrow(0, 2, 2);
  const at::NoGradGuard no_grad;
  at::Tensor(weight).mul_(scale);
  at::Tensor(bias).mul_(scale).add_(shift);
}

TEST(Bic, FindsTheScaleAndOffsetOfLeastValidationLoss) {
  for (const std::string decay : {"0", "0.1"}) {
    ModelHarness harness(fit_plan(decay));
    train_with_bias(harness, 2, 1);
    harness.end_task();
    std::vector<at::Tensor> raw, labels;
    for (int c = 0; c < 4; ++c) {  // 20 of each class were set aside, 10 remain
      const auto own = task(c / 2, 80);
      const auto places = own.labels.eq(c).nonzero().squeeze(1).narrow(0, 0, 20);
      raw.push_back(own.raw.index_select(0, places));
      labels.push_back(at::full({20}, c, at::kLong));
    }
    const auto z = harness.forward(at::cat(raw)).detach().to(at::kDouble);
    const auto expected = newton(z, at::cat(labels), std::stod(decay));
    const auto found = correction(harness);
    EXPECT_NEAR(found.alpha, expected.alpha, 1e-4);
    EXPECT_NEAR(found.beta, expected.beta, 1e-4);
    const auto asked = task(0).raw, outputs = harness.forward(asked).detach();
    auto corrected = outputs.clone();
    corrected.narrow(1, 2, 2).mul_(found.alpha).add_(found.beta);
    EXPECT_TRUE(harness.predict(asked).allclose(corrected, 1e-5, 1e-6));
  }
}

// z' = 2.5 z + 3 instead of z: the best correction of z', alpha' z' + beta', is that of z.
TEST(Bic, UndoesAKnownBias) {
  ModelHarness plain(fit_plan("0")), biased(fit_plan("0"));
  train_with_bias(plain, 1, 0);
  train_with_bias(biased, 2.5, 3);
  plain.end_task();
  biased.end_task();
  const auto without = correction(plain), with = correction(biased);
  EXPECT_NEAR(with.alpha * 2.5, without.alpha, 1e-3);
  EXPECT_NEAR(with.beta + with.alpha * 3, without.beta, 1e-3);
  const auto asked = task(0).raw;
  EXPECT_FALSE(plain.forward(asked).allclose(biased.forward(asked), 0.1, 0.1));
  EXPECT_TRUE(plain.predict(asked).allclose(biased.predict(asked), 1e-2, 1e-2));
}

TEST(Bic, NoStepsOfTheCorrectionLeaveTheOutputsAsTheyAre) {
  auto plan = plan_with({{"buffer-size", "40"}, {"bias-epochs", "0"}});
  ModelHarness harness(plan);
  run(harness, task(0));
  run(harness, task(1));
  const auto asked = task(0).raw;
  EXPECT_TRUE(harness.predict(asked).equal(harness.forward(asked)));
}

TEST(Bic, RefusesAMemoryWithoutTwoExemplarsForEachClass) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "15"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"buffer-size", "16"}})));
}

}  // namespace bic_test
