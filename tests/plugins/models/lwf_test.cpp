#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace lwf_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

const HarnessTask kFirst = random_task(12, {2}, {0, 1}, 1),
                  kSecond = random_task(12, {2}, {2, 3}, 2);

/// A harness that has learned kFirst and begun kSecond.
std::unique_ptr<ModelHarness> in_second_task(const OptionTexts& options,
                                             clh::core::HeadForm head = clh::core::HeadForm::kFixed,
                                             const std::vector<std::int64_t>& blocks = {6}) {
  HarnessPlan plan{"lwf", options};
  plan.head = head;
  plan.blocks = blocks;
  auto harness = std::make_unique<ModelHarness>(plan);
  harness->begin_task(kFirst);
  harness->train(4);
  harness->end_task();
  harness->begin_task(kSecond);
  return harness;
}

/// -mean_n sum_c softmax(target/T)_c log softmax(z/T)_c over outputs begin .. begin+count-1.
at::Tensor distilled(const at::Tensor& z, const at::Tensor& target, double t, std::int64_t begin,
                     std::int64_t count) {
  return -((target.narrow(1, begin, count) / t).softmax(1) *
           (z.narrow(1, begin, count) / t).log_softmax(1))
              .sum(1)
              .mean();
}

TEST(Lwf, LossIsCrossEntropyOverTheOutputsSeenSoFar) {
  ModelHarness harness({"lwf"});  // four outputs, of which the first task has two
  harness.begin_task(kFirst);
  const auto expected =
      at::cross_entropy_loss(harness.forward(kFirst.raw).narrow(1, 0, 2), kFirst.labels);
  const auto gradient = harness.gradient_of(expected);
  EXPECT_NEAR(harness.observe(kFirst.raw, kFirst.labels), expected.item<double>(), 1e-6);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-5, 1e-7));
}

TEST(Lwf, DistilsByHand) {
  // One unit that is 0 for x = -1, so that the outputs are the head's biases.
  HarnessPlan plan{"lwf", {{"alpha", "2"}}};
  plan.input = {1};
  plan.backbone_options = {{"width", "1"}, {"depth", "1"}};
  const auto set_biases = [](ModelHarness& harness, double first) {
    harness.values().zero_();
    harness.values()[0] = 1;
    harness.values()[6] = first;  // fc1 weight, bias, head weight (4), head bias (4)
  };
  for (const bool squared : {false, true}) {
    plan.options["temperature-squared"] = squared ? "true" : "false";
    ModelHarness harness(plan);
    const at::Tensor x = at::full({1, 1}, -1.0F);
    const HarnessTask first{x, at::zeros({1}, at::kLong), {0, 1}};
    const HarnessTask second{x, at::full({1}, 2, at::kLong), {2, 3}};
    harness.begin_task(first);
    harness.observe(first.raw, first.labels);
    harness.end_task();
    set_biases(harness, 2 * std::log(3.0));  // teacher at T = 2: (3/4, 1/4)
    harness.begin_task(second);
    set_biases(harness, 2 * std::log(2.0));  // student at T = 2: (2/3, 1/3)
    const double kd = -(0.75 * std::log(2.0 / 3) + 0.25 * std::log(1.0 / 3));
    const double ce = std::log(4.0 + 1 + 1 + 1);  // outputs (2 ln 2, 0, 0, 0), label 2
    EXPECT_NEAR(harness.observe(second.raw, second.labels), ce + 2 * kd * (squared ? 4 : 1), 1e-5);
  }
}

TEST(Lwf, ATeacherThatAgreesTeachesNothing) {
  const auto harness = in_second_task({{"alpha", "3"}});
  const auto z = harness->forward(kSecond.raw);
  const auto ce = at::cross_entropy_loss(z.narrow(1, 0, 4), kSecond.labels);
  const auto entropy = distilled(z, z.detach(), 2, 0, 2).item<double>();
  const auto gradient = harness->gradient_of(ce);
  EXPECT_NEAR(harness->observe(kSecond.raw, kSecond.labels), ce.item<double>() + 3 * entropy, 1e-5);
  EXPECT_TRUE(harness->grads().allclose(gradient, 1e-4, 1e-6));
}

TEST(Lwf, TeachesWhatTheNetworkGaveBeforeTheTask) {
  for (const std::string support : {"old", "all"}) {
    const auto harness =
        in_second_task({{"alpha", "3"}, {"temperature", "1.5"}, {"support", support}});
    const auto target = harness->forward(kSecond.raw).detach();
    harness->train(4);  // away from the teacher
    const auto z = harness->forward(kSecond.raw);
    const auto loss = at::cross_entropy_loss(z.narrow(1, 0, 4), kSecond.labels) +
                      3 * distilled(z, target, 1.5, 0, support == "old" ? 2 : 6);
    const auto gradient = harness->gradient_of(loss);
    EXPECT_NEAR(harness->observe(kSecond.raw, kSecond.labels), loss.item<double>(), 1e-5)
        << support;
    EXPECT_TRUE(harness->grads().allclose(gradient, 1e-4, 1e-6)) << support;
  }
}

TEST(Lwf, DistilsEachOldBlockOfAMultiHead) {
  const auto harness =
      in_second_task({}, clh::core::HeadForm::kMultiHead, std::vector<std::int64_t>{2, 2, 2});
  harness->train(4);
  harness->end_task();
  const auto third = random_task(12, {2}, {4, 5}, 3);
  harness->begin_task(third);
  const auto target = harness->forward(third.raw).detach();
  harness->train(4);
  const auto z = harness->forward(third.raw);
  const auto loss = at::cross_entropy_loss(z.narrow(1, 4, 2), third.labels - 4) +
                    distilled(z, target, 2, 0, 2) + distilled(z, target, 2, 2, 2);
  const auto gradient = harness->gradient_of(loss);
  EXPECT_NEAR(harness->observe(third.raw, third.labels), loss.item<double>(), 1e-5);
  EXPECT_TRUE(harness->grads().allclose(gradient, 1e-4, 1e-6));
}

TEST(Lwf, DistilsAllOutputsWhereTasksShareThem) {
  HarnessPlan plan{"lwf"};
  ModelHarness harness(plan);
  const auto first = random_task(12, {2}, {0, 1, 2, 3}, 1),
             second = random_task(12, {2}, {0, 1, 2, 3}, 2);
  harness.begin_task(first);
  harness.train(4);
  harness.end_task();
  harness.begin_task(second);
  const auto target = harness.forward(second.raw).detach();
  harness.train(4);
  const auto z = harness.forward(second.raw);
  const auto loss = at::cross_entropy_loss(z, second.labels) + distilled(z, target, 2, 0, 4);
  EXPECT_NEAR(harness.observe(second.raw, second.labels), loss.item<double>(), 1e-5);
}

TEST(Lwf, WeightDecayIsPartOfTheLoss) {
  ModelHarness harness({"lwf", {{"weight-decay", "0.01"}}});
  harness.begin_task(kFirst);
  const auto ce =
      at::cross_entropy_loss(harness.forward(kFirst.raw).narrow(1, 0, 2), kFirst.labels);
  const auto gradient = harness.gradient_of(ce) + 0.02 * harness.values();
  const auto norm = harness.values().square().sum().item<double>();
  EXPECT_NEAR(harness.observe(kFirst.raw, kFirst.labels), ce.item<double>() + 0.01 * norm, 1e-5);
  EXPECT_TRUE(harness.grads().allclose(gradient, 1e-5, 1e-7));
}

/// Values of the frozen teacher.
at::Tensor teacher(const ModelHarness& harness) {
  const auto state = harness.model_state();
  return std::get<at::Tensor>(
      state->children.at("teacher")->children.at("arena")->values.at("values"));
}

TEST(Lwf, WarmUpTrainsTheHeadAlone) {
  const auto without = in_second_task({});
  const auto with = in_second_task({{"warmup-epochs", "3"}});
  const auto head = with->values().size(0) - 6 * 4;  // six outputs of three features and a bias
  EXPECT_TRUE(with->values().narrow(0, 0, head).equal(without->values().narrow(0, 0, head)));
  const auto moved = (with->values() - without->values()).narrow(0, head, 24);
  // Weight rows and biases of outputs 2 and 3, and no others: the loss is over this task's.
  const auto weight = moved.narrow(0, 0, 18).view({6, 3}), bias = moved.narrow(0, 18, 6);
  EXPECT_GT(bias.narrow(0, 2, 2).abs().max().item<double>(), 1e-4);
  EXPECT_TRUE(weight.narrow(0, 0, 2).eq(0).all().item<bool>());
  EXPECT_TRUE(weight.narrow(0, 4, 2).eq(0).all().item<bool>());
  EXPECT_TRUE(bias.narrow(0, 0, 2).eq(0).all().item<bool>());
  // And it lowers that loss.
  const auto loss = [](const ModelHarness& harness) {
    return at::cross_entropy_loss(harness.forward(kSecond.raw).narrow(1, 2, 2), kSecond.labels - 2)
        .item<double>();
  };
  EXPECT_LT(loss(*with), loss(*without));
  EXPECT_TRUE(with->grads().eq(0).all().item<bool>());
  // The teacher is the network from before the warm-up.
  EXPECT_TRUE(teacher(*with).equal(without->values()));
}

TEST(Lwf, ReferenceCodeWarmsUpItsTeacher) {
  const auto paper = in_second_task({{"formula", "reference-code"}});
  EXPECT_TRUE(teacher(*paper).equal(paper->values()));
  // One epoch, as the task has, and |theta|^2 with 0.0005 from the first task on.
  const auto spelt = in_second_task({{"weight-decay", "0.0005"}, {"warmup-epochs", "1"}});
  EXPECT_TRUE(paper->values().equal(spelt->values()));
  EXPECT_FALSE(teacher(*spelt).equal(paper->values()));
}

}  // namespace lwf_test
