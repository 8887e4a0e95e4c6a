#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "gated_state.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace hat_test {

using clh::test::attention_of;
using clh::test::embedding_of;
using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::mask_of;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;
using clh::test::rewrite;
using clh::test::slice;
using clh::test::TestRun;

constexpr std::int64_t kWidth = 12;

HarnessPlan plan_of(const OptionTexts& options) {
  HarnessPlan plan{"hat", options};
  plan.input = {5};
  plan.backbone_options = {{"width", std::to_string(kWidth)}, {"depth", "2"}};
  plan.head = clh::core::HeadForm::kMultiHead;
  plan.blocks = {2, 2, 2};
  plan.scenario = clh::Scenario::kTaskIl;
  plan.tasks = 3;
  return plan;
}

HarnessTask task(int t) {
  return random_task(12, {5}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// The published algorithm for this network, number by number: gradients are masked, compensated
/// and clipped, then one plain step.
struct Reference {
  explicit Reference(ModelHarness& harness) {
    for (const char* name : {"backbone.fc1.weight", "backbone.fc1.bias", "backbone.fc2.weight",
                             "backbone.fc2.bias", "head.0.weight", "head.0.bias", "head.1.weight",
                             "head.1.bias", "head.2.weight", "head.2.bias"}) {
      parameters.push_back(slice(harness, harness.values(), name).clone().set_requires_grad(true));
    }
  }

  void step(const HarnessTask& data, std::int64_t begin, std::int64_t count, int t, double s) {
    const auto x = data.raw.narrow(0, begin, count);
    const auto y = data.labels.narrow(0, begin, count) - 2 * t;
    auto leaf = e.detach().requires_grad_();
    const auto a = at::sigmoid(s * leaf);
    const auto head = static_cast<std::size_t>(4 + 2 * t);
    auto h = at::relu(at::linear(x, parameters[0], parameters[1])) * a.narrow(0, 0, kWidth);
    h = at::relu(at::linear(h, parameters[2], parameters[3])) * a.narrow(0, kWidth, kWidth);
    const auto z = at::linear(h, parameters[head], parameters[head + 1]);
    auto loss = at::nll_loss(at::log_softmax(z, 1), y);
    const auto free = 1 - taken;
    if (free.sum().item<double>() >= 10) {
      loss = loss + lambda * (a * free).sum() / free.sum();
    }
    for (auto& p : parameters) {
      p.mutable_grad() = at::zeros_like(p);
    }
    loss.backward();

    const at::NoGradGuard no_grad;
    for (std::int64_t i = 0; i < kWidth; ++i) {
      const double below = taken[i].item<double>(), above = taken[kWidth + i].item<double>();
      parameters[0].grad()[i] *= 1 - below;
      parameters[1].grad()[i] *= 1 - below;
      parameters[3].grad()[i] *= 1 - above;
      for (std::int64_t j = 0; j < kWidth; ++j) {
        parameters[2].grad()[i][j] *= 1 - std::min(above, taken[j].item<double>());
      }
    }
    auto pull = leaf.grad().clone();
    for (std::int64_t u = 0; u < 2 * kWidth; ++u) {
      const double v = e[u].item<double>();
      pull[u] *=
          s_max / s * (std::cosh(std::min(50.0, std::max(-50.0, s * v))) + 1) / (std::cosh(v) + 1);
    }
    double norm = pull.square().sum().item<double>();
    for (const auto& p : parameters) {
      norm += p.grad().square().sum().item<double>();
    }
    const double factor = std::min(1.0, clip / std::sqrt(norm));
    clipped = clipped || factor < 1;
    for (auto& p : parameters) {
      p -= rate * factor * p.grad();
    }
    e -= rate * factor * pull;
    limited = limited || e.abs().max().item<double>() > clamp;
    e = e.clamp(-clamp, clamp);
  }

  std::vector<at::Tensor> parameters;
  at::Tensor e, taken = at::zeros({2 * kWidth});
  double s_max = 400, lambda = 0.75, clamp = 6, clip = 1e4, rate = 0.1;
  bool clipped = false, limited = false;
};

struct Case {
  double s_max, lambda, clamp, clip;
};

TEST(Hat, EqualsThePublishedAlgorithmStepByStep) {
  for (const auto& c : {Case{10, 0.75, 6, 1e4}, Case{5, 4, 0.8, 1e4}, Case{10, 0.75, 6, 0.2}}) {
    ModelHarness harness(plan_of({{"s-max", std::to_string(c.s_max)},
                                  {"lambda", std::to_string(c.lambda)},
                                  {"embedding-clamp", std::to_string(c.clamp)},
                                  {"clip", std::to_string(c.clip)}}));
    Reference slow(harness);
    slow.s_max = c.s_max;
    slow.lambda = c.lambda;
    slow.clamp = c.clamp;
    slow.clip = c.clip;
    for (int t = 0; t < 3; ++t) {
      const auto data = task(t);
      harness.begin_task(data);
      auto draws = harness.generator("method").clone();
      slow.e = at::randn({2 * kWidth}, draws);
      for (int epoch = 0; epoch < 3; ++epoch) {
        harness.train(4);  // three batches
        for (int b = 0; b < 3; ++b) {
          const double low = 1 / c.s_max;
          slow.step(data, 4 * b, 4, t, low + (c.s_max - low) * b / 2);
        }
      }
      // Some eight hundred float operations deep, with gradients that compensation enlarges.
      EXPECT_TRUE(embedding_of(harness).allclose(slow.e, 1e-3, 1e-4)) << t;
      harness.end_task();
      const auto mask = slow.e.gt(0).to(at::kFloat);
      ASSERT_TRUE(mask_of(harness, t).equal(mask)) << t;
      slow.taken = at::maximum(slow.taken, mask);
      int number = 0;
      for (const char* name : {"backbone.fc1.weight", "backbone.fc1.bias", "backbone.fc2.weight",
                               "backbone.fc2.bias", "head.0.weight", "head.0.bias", "head.1.weight",
                               "head.1.bias", "head.2.weight", "head.2.bias"}) {
        EXPECT_TRUE(slice(harness, harness.values(), name)
                        .allclose(slow.parameters[static_cast<std::size_t>(number++)], 1e-3, 1e-4))
            << name << " after task " << t;
      }
    }
    EXPECT_EQ(slow.clipped, c.clip < 1);
    EXPECT_EQ(slow.limited, c.clamp < 1);
  }
}

/// A harness in its second task, with a mask of the first and an embedding set by hand.
std::unique_ptr<ModelHarness> by_hand(const OptionTexts& options, const at::Tensor& mask,
                                      const at::Tensor& e) {
  auto harness = std::make_unique<ModelHarness>(plan_of(options));
  harness->begin_task(task(0));
  harness->train(4);
  harness->end_task();
  harness->begin_task(task(1));
  rewrite(*harness, task(1), 1, [&](clh::core::StateRecord& state) {
    attention_of(state).values["embedding"] = e.clone();
    attention_of(state).children.at("masks")->values["0"] = mask.clone();
  });
  return harness;
}

at::Tensor alternating() {  // units 0, 2, 4 ... of both layers
  return at::arange(2 * kWidth).remainder(2).eq(0).to(at::kFloat);
}

// Central differences of the loss that the paper writes down, for each entry of the embedding.
TEST(Hat, EmbeddingFollowsTheGradientOfLossAndRegulariser) {
  const double lambda = 5, s = 2, width = 2e-3;
  const auto mask = alternating();
  const auto e = 0.7 * at::randn({2 * kWidth}, at::detail::createCPUGenerator(3));
  const auto harness = by_hand({{"s-max", "2"}, {"lambda", "5"}}, mask, e);
  const auto data = task(1);
  const auto loss = [&](const at::Tensor& at) {
    const at::NoGradGuard no_grad;
    const auto a = at::sigmoid(s * at);
    const auto parts = a.split(kWidth);
    const clh_tensor* const gates[] = {clh::lend(parts[0]), clh::lend(parts[1])};
    const auto z = harness->network().gated(data.raw, gates, 2).narrow(1, 2, 2).to(at::kDouble);
    const auto free = 1 - mask;
    return at::nll_loss(at::log_softmax(z, 1), data.labels - 2).item<double>() +
           lambda * ((a * free).sum() / free.sum()).item<double>();
  };
  std::vector<double> slopes;
  for (std::int64_t u = 0; u < 2 * kWidth; ++u) {
    auto up = e.clone(), down = e.clone();
    up[u] += width;
    down[u] -= width;
    slopes.push_back((loss(up) - loss(down)) / (2 * width));
  }
  harness->train(12);  // one batch an epoch: s = s-max
  const auto moved = (e - embedding_of(*harness)) / 0.1;
  for (std::int64_t u = 0; u < 2 * kWidth; ++u) {
    const double v = e[u].item<double>();
    const double factor = (std::cosh(s * v) + 1) / (std::cosh(v) + 1);
    // Outputs are single precision: some 1e-7 over twice the width.
    EXPECT_NEAR(moved[u].item<double>() / factor, slopes[static_cast<std::size_t>(u)], 2e-4) << u;
  }
}

TEST(Hat, HoldsWhatTheFirstTaskUsesAndNothingElse) {
  const auto mask = alternating();
  for (const std::string mode : {"hat", "const-alpha", "const-1", "random"}) {
    OptionTexts options{{"mode", mode}};
    if (mode == "const-alpha") {
      options["alpha"] = "0.25";
    }
    const auto harness = by_hand(options, mask, at::full({2 * kWidth}, 0.001F));
    harness->values().add_(0.2);  // so that no unit is dead on all samples
    const auto before = harness->values().clone();
    harness->train(12);
    const auto moved = before - harness->values();
    const auto whole = 0.1 * harness->grads();
    double held = 0, free = 0;
    const auto expect = [&](const at::Tensor& is, const at::Tensor& full, bool taken) {
      const double movement = is.item<double>(), all = full.item<double>();
      (taken ? held : free) += std::abs(all);
      if (!taken || mode == "const-1") {
        EXPECT_NEAR(movement, all, 1e-6);
      } else if (mode == "hat") {
        EXPECT_EQ(movement, 0);
      } else if (mode == "const-alpha") {
        EXPECT_NEAR(movement, 0.25 * all, 1e-6);
      } else {
        EXPECT_LE(std::abs(movement), std::abs(all) + 1e-6);
      }
    };
    const auto of = [&](const at::Tensor& flat, const char* name) {
      return slice(*harness, flat, name);
    };
    for (std::int64_t i = 0; i < kWidth; ++i) {
      for (std::int64_t j = 0; j < 5; ++j) {
        expect(of(moved, "backbone.fc1.weight")[i][j], of(whole, "backbone.fc1.weight")[i][j],
               i % 2 == 0);
      }
      for (std::int64_t j = 0; j < kWidth; ++j) {
        expect(of(moved, "backbone.fc2.weight")[i][j], of(whole, "backbone.fc2.weight")[i][j],
               i % 2 == 0 && j % 2 == 0);
      }
      expect(of(moved, "backbone.fc1.bias")[i], of(whole, "backbone.fc1.bias")[i], i % 2 == 0);
      expect(of(moved, "backbone.fc2.bias")[i], of(whole, "backbone.fc2.bias")[i], i % 2 == 0);
      for (std::int64_t k = 0; k < 2; ++k) {
        expect(of(moved, "head.1.weight")[k][i], of(whole, "head.1.weight")[k][i], false);
        EXPECT_EQ(of(moved, "head.0.weight")[k][i].item<double>(), 0);
      }
    }
    EXPECT_GT(held, 1e-3) << mode;
    EXPECT_GT(free, 1e-3) << mode;
  }
}

/// Outputs of one task for made-up pictures, in eval mode.
at::Tensor outputs_of_task(TestRun& run, std::int32_t number, bool masked = true) {
  const at::NoGradGuard no_grad;
  const auto x = at::rand({7, 1, 28, 28}, at::detail::createCPUGenerator(9));
  run.experiment().network()->set_training(false);
  const clh_query query{sizeof(clh_query), number, clh::lend(x)};
  const auto outputs =
      masked ? run.experiment().model().predict(query) : run.experiment().network()->forward(x);
  run.experiment().network()->set_training(true);
  return outputs.narrow(1, 2 * number, 2).clone();
}

TEST(Hat, OutputsOfOldTasksKeepEveryBitWhateverTheOptimizer) {
  const std::vector<std::vector<std::string>> jobs = {
      {"head=multi-head", "backbone.width=40", "optimizer.lr=0.1"},
      {"head=multi-head", "backbone.width=40", "optimizer.momentum=0.9", "optimizer.nesterov=true",
       "optimizer.weight-decay=0.01", "optimizer.reset=never"},
      {"head=multi-head", "backbone.width=40", "optimizer=adam", "optimizer.lr=0.01",
       "optimizer.reset=never", "model.embedding-lr=0.1"},
      {"head=fixed", "backbone.width=40", "optimizer=adamw", "optimizer.weight-decay=0.1"},
      {"head=incremental", "backbone.width=40", "optimizer.momentum=0.9"},
      {"head=multi-head", "backbone=resnet18", "backbone.norm=instance", "backbone.width=6",
       "optimizer.momentum=0.9", "optimizer.weight-decay=0.01", "optimizer.reset=never"},
      {"head=multi-head", "backbone=resnet18", "backbone.norm=instance", "backbone.width=6",
       "optimizer=adam", "optimizer.lr=0.01"}};
  for (const auto& job : jobs) {
    std::vector<std::string> words{
        "model=hat",           "dataset=tiny",       "stream.scenario=task-il",
        "train.batch-size=20", "train.iterations=6", "eval.unseen-tasks=false"};
    words.insert(words.end(), job.begin(), job.end());
    TestRun run(words);
    SCOPED_TRACE(job[0] + " " + job[1] + " " + job[2]);
    std::vector<at::Tensor> kept, open;
    for (std::int32_t t = 0; t < 4; ++t) {
      run.train(6 * (t + 1));
      run.loop().advance();  // the epoch's end
      run.loop().advance();  // the task's end
      kept.push_back(outputs_of_task(run, t));
      open.push_back(outputs_of_task(run, t, false));
      for (std::int32_t old = 0; old <= t; ++old) {
        EXPECT_TRUE(outputs_of_task(run, old).equal(kept[static_cast<std::size_t>(old)]))
            << old << " after " << t;
      }
    }
    // Without the masks they do not keep them, nor do the masks of other tasks give the same.
    EXPECT_FALSE(outputs_of_task(run, 0, false).equal(open[0]));
    EXPECT_FALSE(kept[0].equal(open[0]));
  }
}

TEST(Hat, AnswersForATaskThatHasNotEndedWithThePresentMask) {
  ModelHarness harness(plan_of({}));
  const auto x = task(0).raw;
  harness.begin_task(task(0));
  EXPECT_TRUE(harness.predict(x, 0).equal(harness.forward(x)));  // no mask yet
  harness.train(4);
  const auto present = harness.predict(x, 0);
  EXPECT_FALSE(present.equal(harness.forward(x)));
  EXPECT_TRUE(harness.predict(x, 2).equal(present));
  EXPECT_TRUE(harness.predict(x, -1).equal(present));
  harness.end_task();
  EXPECT_TRUE(harness.predict(x, 2).equal(present));
  harness.begin_task(task(1));
  harness.train(4);
  EXPECT_TRUE(harness.predict(x, 0).narrow(1, 0, 2).equal(present.narrow(1, 0, 2)));
  EXPECT_FALSE(harness.predict(x, 1).equal(harness.predict(x, 0)));
}

TEST(Hat, RefusesWhatItCannotDo) {
  const auto text_of = [](auto&& body) -> std::string {
    try {
      body();
    } catch (const clh::core::Error& error) {
      return error.what();
    }
    return "";
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(text_of([] { ModelHarness harness(plan_of({{"alpha", "0.5"}})); }), "mode"));
  EXPECT_TRUE(has(text_of([] {
                    ModelHarness harness(plan_of({{"mode", "const-alpha"}}));
                  }),
                  "alpha"));
  ModelHarness harness(plan_of({}));
  harness.begin_task(task(0));
  EXPECT_TRUE(has(text_of([&] { harness.observe(task(0).raw, task(0).labels); }),
                  "expected a stream that counts the batches of an epoch"));
  TestRun norm({"model=hat", "dataset=tiny", "stream.scenario=task-il", "backbone=resnet18",
                "backbone.width=2", "train.iterations=2"});
  EXPECT_TRUE(
      has(text_of([&] { norm.train(); }), "expected a backbone without running statistics"));
  EXPECT_TRUE(has(text_of([] { TestRun run({"model=hat", "dataset=tiny"}); }), "task-il"));
  EXPECT_TRUE(
      has(text_of([] {
            TestRun run({"model=hat", "dataset=tiny", "stream.scenario=task-il", "backbone=cnn"});
          }),
          "gates"));
}

}  // namespace hat_test
