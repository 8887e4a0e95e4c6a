#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include <map>
#include <vector>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace pnn_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::random_task;

HarnessPlan plan_with(const std::string& adapter, const std::string& model = "pnn") {
  HarnessPlan plan{model};
  if (!adapter.empty()) {
    plan.options = {{"adapter", adapter}};
  }
  plan.scenario = clh::Scenario::kTaskIl;
  plan.backbone_options = {{"width", "5"}, {"depth", "2"}};
  plan.blocks = {6};
  return plan;
}

HarnessTask task(int t) {
  return random_task(20, {2}, {2 * t, 2 * t + 1}, static_cast<std::uint64_t>(t) + 1);
}

/// The numbers of task t's adapters as the optimizer has them.
at::Tensor adapter(ModelHarness& harness, int t) {
  const auto saved = harness.save();
  return std::get<at::Tensor>(saved->record.children.at("optimizer")
                                  ->children.at("values.adapter." + std::to_string(t))
                                  ->values.at("values"));
}

/// Layers 0 and 1 (width 5) and the head (6), cut from flat vectors in the order of the network.
struct Cut {
  const at::Tensor& flat;
  std::int64_t offset = 0;
  at::Tensor next(std::vector<std::int64_t> shape) {
    const auto count = shape.size() == 2 ? shape[0] * shape[1] : shape[0];
    offset += count;
    return flat.narrow(0, offset - count, count).view(shape);
  }
};

/// A column by the formulas of the paper. Inputs: before[k] = {h1, h2} of the columns before.
/// Returns: {h1, h2, outputs}.
std::vector<at::Tensor> column(const std::string& form, const at::Tensor& values,
                               const at::Tensor& adapters, const at::Tensor& x,
                               const std::vector<std::vector<at::Tensor>>& before) {
  Cut own{values}, side{adapters};
  const auto k = static_cast<std::int64_t>(before.size());
  const auto lateral = [&](int layer, std::int64_t out) -> at::Tensor {
    if (k == 0 || form == "none") {
      return at::zeros({x.size(0), out});
    }
    if (form == "linear") {
      const auto u = side.next({out, 5 * k});
      auto sum = at::zeros({x.size(0), out});
      for (std::int64_t i = 0; i < k; ++i) {
        sum = sum + before[static_cast<std::size_t>(i)][static_cast<std::size_t>(layer - 1)].matmul(
                        u.narrow(1, 5 * i, 5).t());
      }
      return sum;
    }
    const auto u = side.next({out, 5}), v = side.next({5, 5 * k}), c = side.next({5}),
               alpha = side.next({k});
    auto sum = c.expand({x.size(0), 5});
    for (std::int64_t i = 0; i < k; ++i) {
      const auto& h = before[static_cast<std::size_t>(i)][static_cast<std::size_t>(layer - 1)];
      sum = sum + (alpha[i] * h).matmul(v.narrow(1, 5 * i, 5).t());
    }
    return sum.relu().matmul(u.t());
  };
  const auto w1 = own.next({5, 2}), b1 = own.next({5}), w2 = own.next({5, 5}), b2 = own.next({5}),
             w3 = own.next({6, 5}), b3 = own.next({6});
  const auto h1 = (x.matmul(w1.t()) + b1).relu();
  const auto h2 = (h1.matmul(w2.t()) + b2 + lateral(1, 5)).relu();
  return {h1, h2, h2.matmul(w3.t()) + b3 + lateral(2, 6)};
}

// Three tasks, each followed by hand: what is answered, and each step of column and adapters.
TEST(Pnn, StepsAndAnswersAreThoseOfTheFormulas) {
  for (const std::string form : {"mlp", "linear", "none"}) {
    ModelHarness harness(plan_with(form));
    std::vector<at::Tensor> values, adapters;
    const auto earlier = [&](const at::Tensor& x) {
      std::vector<std::vector<at::Tensor>> seen;
      for (std::size_t k = 0; k < values.size(); ++k) {
        seen.push_back(column(form, values[k], adapters[k], x, seen));
      }
      return seen;
    };
    for (int t = 0; t < 3; ++t) {
      const bool lateral = t > 0 && form != "none";
      const auto data = task(t);
      harness.begin_task(data);
      auto w = harness.values().clone().requires_grad_(true);
      auto a = (lateral ? adapter(harness, t) : at::zeros({0})).clone().requires_grad_(true);
      if (lateral) {  // so that no unit is dead by chance
        EXPECT_GT(a.abs().sum().item<double>(), 1);
      }
      for (int step = 0; step < 3; ++step) {
        const auto out = column(form, w, a, data.raw, earlier(data.raw)).back();
        const auto loss = at::cross_entropy_loss(out, data.labels);
        loss.backward();
        EXPECT_NEAR(harness.observe(data.raw, data.labels), loss.item<double>(), 1e-5);
        {
          const at::NoGradGuard no_grad;
          w.sub_(w.grad(), 0.1);
          w.mutable_grad() = at::Tensor();
          if (lateral) {
            EXPECT_GT(a.grad().abs().max().item<double>(), 1e-5);
            a.sub_(a.grad(), 0.1);
            a.mutable_grad() = at::Tensor();
          }
        }
        EXPECT_TRUE(harness.values().allclose(w.detach(), 1e-4, 1e-6)) << form << t;
        if (lateral) {
          EXPECT_TRUE(adapter(harness, t).allclose(a.detach(), 1e-4, 1e-6)) << form << t;
        }
      }
      const auto x = task(5).raw;
      const auto by_hand = column(form, w, a, x, earlier(x)).back().detach();
      EXPECT_TRUE(harness.predict(x, t).allclose(by_hand, 1e-4, 1e-5)) << form << t;
      harness.end_task();
      values.push_back(w.detach());
      adapters.push_back(a.detach());
      for (int old = 0; old <= t; ++old) {
        const auto expected = earlier(x)[static_cast<std::size_t>(old)].back();
        EXPECT_TRUE(harness.predict(x, old).allclose(expected, 1e-4, 1e-5)) << form << t << old;
      }
    }
  }
}

TEST(Pnn, WithoutAdaptersColumnsAreIndependentNetworks) {
  ModelHarness pnn(plan_with("none")), independent(plan_with("", "independent"));
  for (int t = 0; t < 3; ++t) {
    for (auto* harness : {&pnn, &independent}) {
      harness->begin_task(task(t));
      harness->train(5);
      harness->end_task();
    }
    EXPECT_TRUE(pnn.values().allclose(independent.values(), 1e-5, 1e-7)) << t;
  }
  for (int t = 0; t < 3; ++t) {
    EXPECT_TRUE(
        pnn.predict(task(5).raw, t).allclose(independent.predict(task(5).raw, t), 1e-5, 1e-6));
  }
}

TEST(Pnn, OutputsOfOldColumnsStayWhenTheHeadGrows) {
  auto plan = plan_with("mlp");
  plan.head = clh::core::HeadForm::kIncremental;
  plan.blocks = {2, 2, 2};
  ModelHarness harness(plan);
  std::vector<at::Tensor> answers;
  const auto x = task(5).raw;
  for (int t = 0; t < 3; ++t) {
    harness.begin_task(task(t));
    harness.train(5);
    harness.end_task();
    answers.push_back(harness.predict(x, t));
    for (int old = 0; old <= t; ++old) {
      const auto now = harness.predict(x, old);
      ASSERT_EQ(now.size(1), 2 * t + 2);
      EXPECT_TRUE(now.narrow(1, 0, 2 * old + 2).equal(answers[static_cast<std::size_t>(old)]));
    }
  }
}

TEST(Pnn, RefusesABackboneThatIsNoChainOfLayers) {
  auto plan = plan_with("mlp");
  plan.backbone = "cnn";
  plan.backbone_options = {};
  plan.input = {1, 8, 8};
  ModelHarness harness(plan);
  try {
    harness.begin_task(random_task(4, plan.input, {0, 1}, 1));
    FAIL();
  } catch (const std::exception& e) {
    EXPECT_NE(std::string(e.what()).find("[model] pnn: expected a backbone of fully connected"),
              std::string::npos)
        << e.what();
  }
}

}  // namespace pnn_test
