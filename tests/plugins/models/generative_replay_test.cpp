#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include "model_harness.hpp"
#include "plugins/models/generative_replay/adam.hpp"
#include "plugins/models/generative_replay/variational_autoencoder.hpp"
#include <gtest/gtest.h>

namespace generative_replay_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;

constexpr double kRate = 0.1;

/// Samples of three values in [0, 1], two classes.
HarnessTask task(std::int64_t t) {
  auto made = clh::test::random_task(4, {3}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 3);
  made.raw = made.raw.sigmoid();
  return made;
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"generative-replay", std::move(options)};
  plan.options.insert({{"hidden", "6"}, {"latent", "2"}});
  plan.input = {3};
  plan.blocks = {8};
  plan.tasks = 4;
  plan.rate = kRate;
  return plan;
}

/// A generator of the model's: "generator", or "before" from before the task.
generative_replay::VariationalAutoencoder generator(const ModelHarness& harness,
                                                    const char* which) {
  const auto state = harness.model_state();
  const clh::core::StateReader reader(*state->children.at(which));
  clh::Archive archive(reader.table(), 1);
  generative_replay::VariationalAutoencoder loaded;
  loaded.state(archive);
  return loaded;
}

/// Trains `tasks` tasks and begins the next. Returns: the network's values at its beginning.
at::Tensor begin_after(ModelHarness& harness, std::int64_t tasks) {
  for (std::int64_t t = 0; t < tasks; ++t) {
    harness.begin_task(task(t));
    harness.train(2);
    harness.train(4);
    harness.end_task();
  }
  harness.begin_task(task(tasks));
  const auto values = harness.values().clone();
  harness.observe(task(tasks).raw, task(tasks).labels);  // away from the old network
  return values;
}

/// What the next step draws: the loss's noise, then latent values and noise of made-up samples.
struct Draws {
  at::Tensor noise, made_up, made_up_noise;
};
Draws next_draws(ModelHarness& harness, std::int64_t batch, std::int64_t count) {
  const auto random = harness.generator("method").clone();
  Draws draws;
  draws.noise = at::randn({batch, 2}, random);
  draws.made_up = generator(harness, "before").sample(count, random);
  draws.made_up_noise = at::randn({count, 2}, random);
  return draws;
}

/// The old network's outputs.
at::Tensor answers(const ModelHarness& harness, const at::Tensor& values, const at::Tensor& raw) {
  const at::NoGradGuard no_grad;
  const auto kept = harness.values().clone();
  harness.values().copy_(values);
  auto outputs = harness.forward(raw);
  harness.values().copy_(kept);
  return outputs;
}

void expect_step(ModelHarness& harness, const HarnessTask& data, const at::Tensor& objective) {
  const auto expected = harness.values() - kRate * harness.gradient_of(objective);
  EXPECT_NEAR(harness.observe(data.raw, data.labels), objective.item<double>(), 1e-5);
  EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
}

TEST(GenerativeReplay, TakesPlainStepsInTheFirstTask) {
  ModelHarness harness(plan_with({}));
  harness.begin_task(task(0));
  harness.observe(task(0).raw, task(0).labels);
  expect_step(harness, task(0),
              at::cross_entropy_loss(harness.forward(task(0).raw), task(0).labels));
}

TEST(GenerativeReplay, WeighsMadeUpSamplesWithTheOldNetworksChoice) {
  for (std::int64_t t = 1; t < 4; ++t) {
    ModelHarness harness(plan_with({{"replay-batch", "7"}}));
    const auto old = begin_after(harness, t);
    const auto made_up = next_draws(harness, 4, 7).made_up;
    // Its choice is among the 2t old outputs, although others may be higher.
    const auto labels = answers(harness, old, made_up).narrow(1, 0, 2 * t).argmax(1);
    const auto present = 1.0 / static_cast<double>(t + 1);
    const auto data = task(t);
    expect_step(harness, data,
                present * at::cross_entropy_loss(harness.forward(data.raw), data.labels) +
                    (1 - present) * at::cross_entropy_loss(harness.forward(made_up), labels));
  }
}

TEST(GenerativeReplay, OrWithItsOutputs) {
  for (const bool squared : {false, true}) {
    ModelHarness harness(plan_with({{"target", "soft"},
                                    {"temperature", "3"},
                                    {"temperature-squared", squared ? "true" : "false"}}));
    const auto old = begin_after(harness, 2);
    const auto made_up = next_draws(harness, 4, 4).made_up;
    const auto target = (answers(harness, old, made_up).narrow(1, 0, 4) / 3).softmax(1);
    const auto mine = (harness.forward(made_up) / 3).log_softmax(1).narrow(1, 0, 4);
    const auto distilled = -(target * mine).sum(1).mean() * (squared ? 9 : 1);
    const auto data = task(2);
    expect_step(
        harness, data,
        at::cross_entropy_loss(harness.forward(data.raw), data.labels) / 3 + distilled * 2 / 3);
  }
}

TEST(GenerativeReplay, InTaskIlMadeUpSamplesCountForEachEarlierTask) {
  for (const std::string target : {"hard", "soft"}) {
    auto plan = plan_with({{"target", target}});
    plan.scenario = clh::Scenario::kTaskIl;
    plan.head = clh::core::HeadForm::kMultiHead;
    plan.blocks = {2, 2, 2, 2};
    ModelHarness harness(plan);
    const auto old = begin_after(harness, 2);
    const auto made_up = next_draws(harness, 4, 4).made_up;
    const auto judged = answers(harness, old, made_up), outputs = harness.forward(made_up);
    at::Tensor replayed = at::zeros({});
    for (const int t : {0, 1}) {
      const auto theirs = judged.narrow(1, 2 * t, 2), mine = outputs.narrow(1, 2 * t, 2);
      replayed =
          replayed + (target == "hard"
                          ? at::cross_entropy_loss(mine, theirs.argmax(1))
                          : -((theirs / 2).softmax(1) * (mine / 2).log_softmax(1)).sum(1).mean());
    }
    const auto data = task(2);
    const auto present =
        at::cross_entropy_loss(harness.forward(data.raw).narrow(1, 4, 2), data.labels - 4);
    expect_step(harness, data, present / 3 + replayed / 2 * 2 / 3);
  }
}

TEST(GenerativeReplay, TheGeneratorLearnsFromTheSameSamplesWithTheSameWeights) {
  for (std::int64_t t = 0; t < 3; ++t) {
    ModelHarness harness(plan_with({{"generator-lr", "0.01"}}));
    begin_after(harness, t);
    harness.end_task();
    harness.begin_task(task(t + 1));  // Adam starts anew
    const auto draws = next_draws(harness, 4, 4);
    const auto mine = generator(harness, "generator");
    const auto present = 1.0 / static_cast<double>(t + 2);
    const auto loss = present * mine.loss(task(t + 1).raw, draws.noise) +
                      (1 - present) * mine.loss(draws.made_up, draws.made_up_noise);
    loss.backward();
    generative_replay::Adam().step(mine.parameters().values(), mine.parameters().grads(), 0.01);
    harness.observe(task(t + 1).raw, task(t + 1).labels);
    const auto found = generator(harness, "generator");
    EXPECT_TRUE(found.parameters().values().allclose(mine.parameters().values(), 1e-5, 1e-6)) << t;
  }
}

TEST(GenerativeReplay, SamplesComeFromTheGeneratorBeforeTheTask) {
  ModelHarness harness(plan_with({}));
  harness.begin_task(task(0));
  harness.train(2);
  const auto finished = generator(harness, "generator");
  harness.end_task();
  harness.begin_task(task(1));
  harness.train(2);
  EXPECT_TRUE(
      generator(harness, "before").parameters().values().equal(finished.parameters().values()));
  EXPECT_FALSE(
      generator(harness, "generator").parameters().values().equal(finished.parameters().values()));
}

// Bytes are divided by 255 for the generator; what it makes up is on the scale of bytes.
TEST(GenerativeReplay, TakesBytes) {
  ModelHarness harness(plan_with({{"generator-lr", "0.01"}}));
  const auto bytes = [](std::int64_t t) { return task(t).raw.mul(2.9).to(at::kByte); };  // 0 to 2
  harness.begin_task(task(0));
  harness.observe(bytes(0), task(0).labels);
  harness.end_task();
  harness.begin_task(task(1));
  const auto old = harness.values().clone();
  const auto draws = next_draws(harness, 4, 4);
  const auto mine = generator(harness, "generator");
  const auto made_up = draws.made_up * 255;
  const auto labels = answers(harness, old, made_up).narrow(1, 0, 2).argmax(1);
  const auto bound = (mine.loss(bytes(1).to(at::kFloat) / 255, draws.noise) +
                      mine.loss(draws.made_up, draws.made_up_noise)) /
                     2;
  bound.backward();
  generative_replay::Adam().step(mine.parameters().values(), mine.parameters().grads(), 0.01);
  const auto loss = at::cross_entropy_loss(harness.forward(bytes(1)), task(1).labels) / 2 +
                    at::cross_entropy_loss(harness.forward(made_up), labels) / 2;
  EXPECT_NEAR(harness.observe(bytes(1), task(1).labels), loss.item<double>(),
              1e-5 * loss.item<double>());
  EXPECT_TRUE(generator(harness, "generator")
                  .parameters()
                  .values()
                  .allclose(mine.parameters().values(), 1e-5, 1e-6));
}

TEST(GenerativeReplay, RefusesWhatItCannotMakeUp) {
  ModelHarness harness(plan_with({}));
  harness.begin_task(task(0));
  EXPECT_ANY_THROW(harness.observe(task(0).raw * 3, task(0).labels));
  EXPECT_ANY_THROW(harness.observe(task(0).raw - 1, task(0).labels));
  EXPECT_NO_THROW(harness.observe(task(0).raw, task(0).labels));
}

TEST(GenerativeReplay, RefusesOptionsWithoutEffect) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"temperature", "3"}})));
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"temperature-squared", "true"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"target", "soft"}, {"temperature-squared", "true"}})));
}

}  // namespace generative_replay_test
