#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace rpc_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

HarnessTask task(int t) {
  return random_task(20, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

HarnessPlan plan_with(OptionTexts options) {
  HarnessPlan plan{"rpc", std::move(options)};
  plan.blocks = {6};
  plan.tasks = 3;
  return plan;
}

void run(ModelHarness& harness, int t) {
  harness.begin_task(task(t));
  harness.train(5);
  harness.end_task();
}

/// V [C - 1, C] as the model applies it: its answers when the head's outputs are unit vectors.
at::Tensor vertices(const OptionTexts& options = {}) {
  ModelHarness harness(plan_with(options));
  std::vector<at::Tensor> rows;
  for (int i = 0; i < 5; ++i) {
    harness.values().zero_();
    harness.values()[harness.values().size(0) - 6 + i] = 1;  // the head's biases come last
    rows.push_back(harness.predict(at::zeros({1, 2}))[0]);
  }
  return at::stack(rows);
}

/// Exemplars [n, 2] of the i-th class of the memory, with its output.
at::Tensor exemplars(const ModelHarness& harness, int output) {
  const auto state = harness.model_state();
  const auto& record = *state->children.at("exemplars");
  const auto& bytes = std::get<clh::core::StateRecord::Bytes>(record.values.at("outputs"));
  const auto* outputs = reinterpret_cast<const std::int64_t*>(bytes.data());
  for (std::size_t i = 0; i < bytes.size() / sizeof(std::int64_t); ++i) {
    if (outputs[i] == output) {
      return std::get<at::Tensor>(record.children.at("raw")->values.at(std::to_string(i)));
    }
  }
  return at::empty({0, 2});
}

TEST(Rpc, DirectionsAreTheVerticesOfARegularSimplex) {
  const auto v = vertices();
  const auto products = v.t().matmul(v);  // [6, 6]
  const auto expected = at::eye(6) * (1 + 0.2) - 0.2;
  EXPECT_TRUE(products.allclose(expected, 1e-5, 1e-6));
  EXPECT_TRUE(v.sum(1).abs().lt(1e-5).all().item<bool>());  // centred
}

// C = 2: the line's two ends.
TEST(Rpc, TwoClassesAreOpposite) {
  auto plan = plan_with({});
  plan.blocks = {2};
  ModelHarness harness(plan);
  harness.values().zero_();
  harness.values()[harness.values().size(0) - 2] = 3;
  const auto found = harness.predict(at::zeros({1, 2}))[0];
  EXPECT_TRUE(found.allclose(at::tensor({3.F, -3.F}), 1e-5, 1e-6));
}

TEST(Rpc, AHeadThatGrowsHasTheSimplexOfItsOutputsSoFar) {
  auto plan = plan_with({});
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 4};
  plan.tasks = 2;
  ModelHarness harness(plan);
  run(harness, 0);
  const auto line = at::tensor({1.F, -1.F}).view({1, 2});
  const auto asked = task(1).raw;
  const auto expected = harness.forward(asked).detach().narrow(1, 0, 1).matmul(line);
  EXPECT_TRUE(harness.predict(asked).allclose(expected, 1e-5, 1e-6));
  harness.begin_task(task(1));
  const auto all = harness.forward(asked).detach().narrow(1, 0, 5).matmul(vertices());
  EXPECT_TRUE(harness.predict(asked).allclose(all, 1e-5, 1e-6));
}

TEST(Rpc, TrainsOnTheProjectedOutputsOfTheBatchAndOfWhatIsReplayed) {
  const auto v = vertices();
  ModelHarness harness(plan_with({{"buffer-size", "12"}, {"minibatch", "12"}}));
  for (int t = 0; t < 2; ++t) {
    const auto data = task(t);
    harness.begin_task(data);
    std::vector<at::Tensor> raw{data.raw}, labels{data.labels};
    for (int c = 0; c < 2 * t; ++c) {  // a draw of 12 takes them all
      raw.push_back(exemplars(harness, c));
      labels.push_back(at::full({raw.back().size(0)}, c, at::kLong));
    }
    ASSERT_EQ(at::cat(labels).size(0), t == 0 ? 20 : 32);
    const auto projected = harness.forward(at::cat(raw)).narrow(1, 0, 5).matmul(v);
    const auto loss = at::cross_entropy_loss(projected, at::cat(labels));
    const auto gradient = harness.gradient_of(loss);
    EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-5);
    EXPECT_TRUE(harness.grads().allclose(gradient, 1e-4, 1e-6));
    EXPECT_EQ(harness.grads()[-1].item<double>(), 0);  // the last output is unused
    harness.end_task();
  }
}

TEST(Rpc, ReferenceCodeTrainsOnTheRawOutputs) {
  ModelHarness paper(plan_with({{"formula", "reference-code"}}));
  auto plan = plan_with({});
  plan.model = "sgd";
  ModelHarness sgd(plan);
  run(paper, 0);
  run(sgd, 0);
  EXPECT_TRUE(paper.values().equal(sgd.values()));
  const auto asked = task(1).raw;
  const auto projected = paper.forward(asked).detach().narrow(1, 0, 5).matmul(vertices());
  EXPECT_TRUE(paper.predict(asked).allclose(projected, 1e-5, 1e-6));
}

TEST(Rpc, MemoryIsFullAndBalanced) {
  ModelHarness harness(plan_with({{"buffer-size", "13"}}));
  std::vector<at::Tensor> before;
  // 13 = 7 + 6; then two parts of 13 / 4 and 7 for the new classes; then four of 13 / 6 and 5.
  const std::int64_t old_part[] = {0, 3, 2}, fresh[] = {13, 7, 5};
  for (int t = 0; t < 3; ++t) {
    run(harness, t);
    for (int c = 0; c < 2 * t; ++c) {
      const auto kept = exemplars(harness, c);
      ASSERT_EQ(kept.size(0), old_part[t]);
      EXPECT_TRUE(kept.equal(before[static_cast<std::size_t>(c)].narrow(0, 0, old_part[t])));
    }
    const auto first = exemplars(harness, 2 * t), second = exemplars(harness, 2 * t + 1);
    EXPECT_EQ(first.size(0) + second.size(0), fresh[t]);
    EXPECT_EQ(std::abs(first.size(0) - second.size(0)), 1);
    before.clear();
    for (int c = 0; c < 2 * t + 2; ++c) {
      before.push_back(exemplars(harness, c));
      const auto source = task(c / 2);
      const auto own = source.raw.index_select(0, source.labels.eq(c).nonzero().squeeze(1));
      for (std::int64_t i = 0; i < before.back().size(0); ++i) {  // samples of the class, each once
        EXPECT_EQ(own.eq(before.back()[i]).all(1).sum().item<std::int64_t>(), 1);
        EXPECT_EQ(before.back().eq(before.back()[i]).all(1).sum().item<std::int64_t>(), 1);
      }
    }
  }
}

TEST(Rpc, RefusesWhatCannotBe) {
  EXPECT_ANY_THROW(ModelHarness(plan_with({{"buffer-size", "5"}})));
  EXPECT_NO_THROW(ModelHarness(plan_with({{"buffer-size", "6"}})));
  auto plan = plan_with({});
  plan.blocks = {1};
  ModelHarness harness(plan);
  EXPECT_ANY_THROW(harness.begin_task(random_task(4, {2}, {0}, 1)));
}

}  // namespace rpc_test
