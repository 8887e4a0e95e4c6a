#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace xder_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;

constexpr double kRate = 0.1;
constexpr double kGamma = 0.6;
using Classes = std::vector<std::int64_t>;

HarnessTask task(int t) {
  return clh::test::random_task(6, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// Three tasks of two classes; the memory of six is drawn whole, and a term at a time is switched
/// on.
HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"xder", std::move(options)};
  plan.options.insert({{"buffer-size", "6"},
                       {"minibatch", "6"},
                       {"gamma", "0.6"},
                       {"alpha", "0"},
                       {"beta", "0"},
                       {"past-constraint", "false"},
                       {"lambda", "0"},
                       {"eta", "0"}});
  plan.blocks = {6};
  plan.backbone_options["width"] = "8";
  plan.tasks = 3;
  plan.rate = kRate;
  return plan;
}

struct Memory {
  at::Tensor raw, labels, tasks, outputs;
};
Memory memory(const ModelHarness& harness) {
  const auto state = harness.model_state();
  const auto& columns = state->children.at("memory")->children.at("columns")->values;
  const auto column = [&](const char* i) { return std::get<at::Tensor>(columns.at(i)).clone(); };
  return {column("0"), column("1"), column("2"), column("3")};
}

void run(ModelHarness& harness, int t, int epochs = 1) {
  harness.begin_task(task(t));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    harness.train(3);
  }
  harness.end_task();
}

/// Long enough at it that true classes come to lead, thanks to the constraint.
constexpr int kEpochs = 20;
HarnessPlan leading_plan(std::uint64_t seed) {
  auto plan = plan_with({{"eta", "1"}, {"margin", "0.1"}});
  plan.seed = seed;
  return plan;
}

at::Tensor among(const Classes& classes, const at::Tensor& outputs, const at::Tensor& labels) {
  return at::cross_entropy_loss(outputs.narrow(1, classes[0], 2 * (classes.size() / 2)),
                                labels - classes[0]);
}

void expect_step(ModelHarness& harness, const HarnessTask& data, const at::Tensor& objective) {
  const auto expected = harness.values() - kRate * harness.gradient_of(objective);
  EXPECT_NEAR(harness.observe(data.raw, data.labels), objective.item<double>(), 1e-5);
  EXPECT_TRUE(harness.values().allclose(expected, 1e-5, 1e-6));
}

/// The rule on one row, number by number.
std::vector<float> updated(std::vector<float> kept, const std::vector<float>& fresh, std::int64_t y,
                           const Classes& block) {
  float top = -1e30F;
  for (const auto c : block) {
    top = std::max(top, fresh[static_cast<std::size_t>(c)]);
  }
  const auto own = kept[static_cast<std::size_t>(y)];
  if (top > own && own < 0) {
    return kept;
  }
  for (const auto c : block) {
    const auto i = static_cast<std::size_t>(c);
    kept[i] = top > own ? fresh[i] * static_cast<float>(kGamma) * own / top : fresh[i];
  }
  return kept;
}

std::vector<float> row(const at::Tensor& rows, std::int64_t i) {
  const auto r = rows[i].detach().contiguous();
  return {r.data_ptr<float>(), r.data_ptr<float>() + r.numel()};
}

/// Compares every row; counts those that were copied, scaled and left alone.
struct Cases {
  int copied = 0, scaled = 0, left = 0;
};
Cases expect_updated(const at::Tensor& found, const at::Tensor& kept, const at::Tensor& fresh,
                     const at::Tensor& labels, const Classes& block) {
  Cases cases;
  for (std::int64_t i = 0; i < found.size(0); ++i) {
    const auto before = row(kept, i), now = row(fresh, i), after = row(found, i);
    const auto expected = updated(before, now, labels[i].item<std::int64_t>(), block);
    const auto first = static_cast<std::size_t>(block[0]);
    ++(expected == before              ? cases.left
       : expected[first] == now[first] ? cases.copied
                                       : cases.scaled);
    for (std::size_t c = 0; c < expected.size(); ++c) {
      EXPECT_NEAR(after[c], expected[c], 1e-5) << i << ' ' << c;
    }
  }
  return cases;
}

TEST(Xder, TheBatchCompetesAmongItsTasksOutputs) {
  ModelHarness harness(plan_with({}));
  run(harness, 0);
  harness.begin_task(task(1));
  expect_step(harness, task(1), among({2, 3}, harness.forward(task(1).raw), task(1).labels));
}

TEST(Xder, ReplayHoldsAllStoredOutputsAndLabelsAmongEarlierTasks) {
  ModelHarness harness(plan_with({{"alpha", "0.7"}, {"beta", "0.4"}}));
  run(harness, 0);
  run(harness, 1);
  harness.begin_task(task(2));
  for (int step = 0; step < 2; ++step) {  // before the second one the stored outputs were updated
    const auto m = memory(harness);
    ASSERT_EQ(m.raw.size(0), 6);
    const auto replayed = harness.forward(m.raw);
    expect_step(harness, task(2),
                among({4, 5}, harness.forward(task(2).raw), task(2).labels) +
                    0.7 * (replayed - m.outputs).square().mean() +
                    0.4 * among({0, 1, 2, 3}, replayed, m.labels));
  }
}

TEST(Xder, TheSamplesTaskLeadsOverOutputsToCome) {
  int violations = 0, samples = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (const int t : {0, 1}) {
      auto plan = plan_with({{"eta", "0.8"}, {"margin", "0.1"}});
      plan.seed = seed;
      ModelHarness harness(plan);
      if (t == 1) {
        run(harness, 0);
      }
      const auto data = task(t);
      harness.begin_task(data);
      auto raw = data.raw, labels = data.labels;
      if (t == 1) {  // replayed samples count once, although two draws found them
        const auto m = memory(harness);
        raw = at::cat({raw, m.raw});
        labels = at::cat({labels, m.labels});
      }
      const auto outputs = harness.forward(raw);
      auto sum = at::zeros({});
      int violated = 0;
      for (std::int64_t i = 0; i < raw.size(0); ++i) {
        const auto own = labels[i].item<std::int64_t>() / 2 * 2;
        const auto beyond = outputs[i].narrow(0, 2 * t + 2, 4 - 2 * t).max() + 0.1 -
                            outputs[i].narrow(0, own, 2).max();
        if (beyond.item<double>() > 0) {
          sum = sum + beyond;
          ++violated;
        }
      }
      violations += violated;
      samples += static_cast<int>(raw.size(0));
      const Classes present{2 * t, 2 * t + 1};
      expect_step(harness, data,
                  among(present, harness.forward(data.raw), data.labels) +
                      0.8 * sum / std::max(violated, 1));
    }
  }
  EXPECT_GT(violations, 0);
  EXPECT_LT(violations, samples);
}

TEST(Xder, AndOverEarlierOnesWithThePastConstraint) {
  ModelHarness harness(plan_with({{"eta", "0.8"}, {"margin", "0.2"}, {"past-constraint", "true"}}));
  run(harness, 0);
  run(harness, 1);
  const auto data = task(2);
  harness.begin_task(data);
  harness.observe(data.raw, data.labels);
  const auto outputs = harness.forward(data.raw);
  const auto shares = outputs.softmax(1);
  auto sum = at::zeros({});
  int violated = 0;
  for (std::int64_t i = 0; i < data.raw.size(0); ++i) {
    const auto beyond =
        shares[i].narrow(0, 0, 4).max().detach() + 0.2 - shares[i].narrow(0, 4, 2).max();
    if (beyond.item<double>() > 0) {
      sum = sum + beyond;
      ++violated;
    }
  }
  ASSERT_GT(violated, 0);
  expect_step(harness, data, among({4, 5}, outputs, data.labels) + 0.8 * sum / violated);
}

/// The contrast in two outputs, two equal views of each sample, temperature 2.
at::Tensor contrast(const at::Tensor& outputs, const at::Tensor& labels) {
  const auto part = at::cat({outputs, outputs}), two = at::cat({labels, labels});
  const auto u = part / part.norm(2, 1, true);
  auto sum = at::zeros({});
  for (std::int64_t i = 0; i < u.size(0); ++i) {
    auto all = at::zeros({}), chosen = at::zeros({});
    int positives = 0;
    for (std::int64_t k = 0; k < u.size(0); ++k) {
      all = k == i ? all : all + (u[i].dot(u[k]) / 2).exp();
    }
    for (std::int64_t j = 0; j < u.size(0); ++j) {
      if (j != i && two[i].equal(two[j])) {
        chosen = chosen + u[i].dot(u[j]) / 2 - all.log();
        ++positives;
      }
    }
    sum = sum - chosen / positives;
  }
  return sum / static_cast<double>(u.size(0));
}

TEST(Xder, ContrastPreparesEachTaskToCome) {
  ModelHarness harness(plan_with({{"lambda", "0.5"}, {"tau", "2"}, {"views", "2"}}));
  for (const int t : {0, 1, 2}) {  // after the last task there is nothing to prepare
    const auto data = task(t);
    harness.begin_task(data);
    auto raw = data.raw, labels = data.labels;
    if (t > 0) {
      const auto m = memory(harness);
      raw = at::cat({raw, m.raw});
      labels = at::cat({labels, m.labels});
    }
    const auto outputs = harness.forward(raw);
    auto total = at::zeros({});
    for (int head = t + 1; head < 3; ++head) {
      total = total + contrast(outputs.narrow(1, 2 * head, 2), labels) / (2 - t);
    }
    const Classes present{2 * t, 2 * t + 1};
    const auto loss = among(present, harness.forward(data.raw), data.labels) + 0.5 * total;
    ASSERT_LT(loss.item<double>(), 10);
    const auto expected = harness.values() - kRate * harness.gradient_of(loss);
    EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-5);
    EXPECT_TRUE(harness.values().allclose(expected, 1e-4, 1e-5));
    harness.end_task();
  }
}

// The first draw of a sample in a task updates it for certain.
TEST(Xder, ReplayedSamplesTakeOverTheOutputsFromThePresentTaskOn) {
  Cases seen;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    ModelHarness harness(leading_plan(seed));
    run(harness, 0, seed % 2 == 0 ? kEpochs : 1);
    harness.begin_task(task(1));
    const at::NoGradGuard no_grad;
    harness.values().mul_(1.2);  // away from what was stored
    const auto before = memory(harness);
    const auto fresh = harness.forward(before.raw);
    {
      const at::AutoGradMode with_gradients(true);
      harness.observe(task(1).raw, task(1).labels);
    }
    const auto after = memory(harness);
    const auto cases =
        expect_updated(after.outputs, before.outputs, fresh, before.labels, {2, 3, 4, 5});
    seen.copied += cases.copied;
    seen.scaled += cases.scaled;
    seen.left += cases.left;
  }
  EXPECT_GT(seen.copied, 0);
  EXPECT_GT(seen.scaled, 0);
  EXPECT_GT(seen.left, 0);
}

// With 1 / n the n-th draw updates: 40 draws of 6 samples make about 6 (1 + 1/2 + ... + 1/40) = 26.
TEST(Xder, LaterDrawsUpdateLessOften) {
  ModelHarness harness(leading_plan(0));
  run(harness, 0, kEpochs);
  harness.begin_task(task(1));
  int updates = 0;
  for (int step = 0; step < 40; ++step) {
    const auto before = memory(harness).outputs;
    harness.observe(task(1).raw, task(1).labels);
    updates +=
        static_cast<int>(memory(harness).outputs.ne(before).any(1).sum().item<std::int64_t>());
  }
  EXPECT_GT(updates, 12);
  EXPECT_LT(updates, 50);
}

TEST(Xder, AtATasksEndOlderSamplesTakeOverAndNewOnesAreHeldBelow) {
  Cases older, newer;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    ModelHarness harness(leading_plan(seed));
    run(harness, 0, seed % 2 == 0 ? kEpochs : 1);
    harness.begin_task(task(1));
    harness.train(3);
    const auto before = memory(harness);
    harness.end_task();
    const auto after = memory(harness);
    // A quarter each: floor(6 / 4) = 1 of each old class, and the four others from the new ones.
    ASSERT_TRUE(after.labels.equal(at::tensor({0, 1, 2, 2, 3, 3}, at::kLong)));
    ASSERT_TRUE(after.tasks.equal(at::tensor({0, 0, 1, 1, 1, 1}, at::kLong)));
    Classes first;
    for (const int c : {0, 1}) {
      first.push_back(before.labels.eq(c).nonzero()[0][0].item<std::int64_t>());
    }
    const auto kept = at::tensor(first, at::kLong);
    EXPECT_TRUE(after.raw.narrow(0, 0, 2).equal(before.raw.index_select(0, kept)));
    const auto fresh = harness.forward(after.raw);
    const auto old =
        expect_updated(after.outputs.narrow(0, 0, 2), before.outputs.index_select(0, kept),
                       fresh.narrow(0, 0, 2), after.labels.narrow(0, 0, 2), {2, 3, 4, 5});
    older.scaled += old.scaled;
    older.copied += old.copied;
    const auto mine = fresh.narrow(0, 2, 4);
    const auto fill = expect_updated(after.outputs.narrow(0, 2, 4), mine, mine,
                                     after.labels.narrow(0, 2, 4), {0, 1});
    newer.scaled += fill.scaled;
    newer.left += fill.left;  // nothing to hold, or a true class below 0
  }
  EXPECT_GT(older.scaled, 0);
  EXPECT_GT(older.copied, 0);
  EXPECT_GT(newer.scaled, 0);
  EXPECT_GT(newer.left, 0);
}

TEST(Xder, WhatIsLeftOverComesFromRandomNewClasses) {
  ModelHarness harness(plan_with({{"buffer-size", "7"}}));
  run(harness, 0);
  const auto labels = memory(harness).labels;
  EXPECT_EQ(labels.size(0), 6);  // the task has three of each class
  run(harness, 1);
  const auto later = memory(harness).labels;
  EXPECT_EQ(later.size(0), 7);
  for (const int c : {0, 1}) {
    EXPECT_EQ(later.eq(c).sum().item<std::int64_t>(), 1);
  }
  const auto of_two = later.eq(2).sum().item<std::int64_t>();
  EXPECT_TRUE(of_two == 2 || of_two == 3);
}

// Outputs that did not exist are not compared; the first draw implants them where it may.
TEST(Xder, AGrowingHeadLeavesNothingToPrepare) {
  auto plan = plan_with({{"alpha", "0.7"}, {"lambda", "1"}, {"eta", "1"}});
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2, 2};
  ModelHarness harness(plan);
  run(harness, 0);
  harness.begin_task(task(1));
  const auto m = memory(harness);
  ASSERT_EQ(m.outputs.size(1), 4);
  EXPECT_TRUE(m.outputs.narrow(1, 2, 2).isnan().all().item<bool>());
  const auto replayed = harness.forward(m.raw);
  const auto gap = (replayed - m.outputs).narrow(1, 0, 2).square().mean();
  expect_step(harness, task(1),
              among({2, 3}, harness.forward(task(1).raw), task(1).labels) + 0.7 * gap);
  const auto after = memory(harness).outputs;
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto own = m.outputs[i][m.labels[i].item<std::int64_t>()].item<float>();
    const bool left = own < 0 && replayed[i].narrow(0, 2, 2).max().item<float>() > own;
    EXPECT_EQ(after[i].isnan().any().item<bool>(), left) << i;
  }
}

TEST(Xder, RefusesWhatItCannotDo) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "5"}, {"minibatch", "5"}})));
  ModelHarness harness(plan_with({}));
  harness.begin_task(task(0));
  EXPECT_ANY_THROW(harness.observe(task(1).raw, task(1).labels));  // not the task's classes
}

}  // namespace xder_test
