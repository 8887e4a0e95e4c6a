// A class of a task without a single training sample: absent from every statistic, in every model.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <set>
#include <string>

#include "model_harness.hpp"
#include <gtest/gtest.h>

namespace empty_class_test {

using clh::test::HarnessPlan;
using clh::test::HarnessTask;
using clh::test::ModelHarness;
using clh::test::OptionTexts;
using clh::test::random_task;

struct Case {
  const char* model;
  OptionTexts options{};
  bool by_means = false;  // classifies by statistics of classes, of which class 0 has none
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"sgd"},
      {"er"},
      {"er", {{"policy", "herding"}}},
      {"er", {{"policy", "class-balanced"}}},
      {"er-ace"},
      {"er-aml"},
      {"der"},
      {"derpp"},
      {"agem"},
      {"agem-r"},
      {"gem"},
      {"mir"},
      {"mer", {{"minibatch", "4"}}},
      {"gss", {{"minibatch", "4"}}},
      {"hal", {{"anchor-steps", "3"}}},
      {"fdr"},
      {"gdumb", {{"epochs", "3"}}},
      {"icarl", {}, true},
      {"ncm", {}, true},
      {"ncm", {{"source", "memory"}, {"buffer-size", "20"}, {"backbone", "replay"}}, true},
      {"ncm", {{"source", "current"}}, true},
      {"slda", {}, true},
      {"scr", {}, true},
      {"fecam", {}, true},
      {"cope", {}, true},
      {"bic"},
      {"lucir"},
      {"rpc"},
      {"xder"},
      {"ewc"},
      {"si"},
      {"mas"},
      {"rwalk"},
      {"lwf"},
      {"lwf-mc"},
      {"lfl"},
      {"cwr-star"},
      {"packnet"},
      {"cumulative"},
      {"generative-replay"},
  };
  return all;
}

/// Three classes are announced, of the first there is nothing.
HarnessTask without_class_0() {
  auto task = random_task(24, {2}, {1, 2}, 1);
  task.classes = {0, 1, 2};
  return task;
}

TEST(EmptyClass, SpoilsNothing) {
  for (const auto& [model, options, by_means] : cases()) {
    HarnessPlan plan{model, options};
    plan.blocks = {6};
    plan.rate = 0.02;
    if (std::set<std::string>{"packnet", "hat"}.count(model) != 0) {
      plan.scenario = clh::Scenario::kTaskIl;
    }
    ModelHarness harness(plan);
    auto first = without_class_0(), second = random_task(24, {2}, {3, 4, 5}, 2);
    for (auto* task : {&first, &second}) {
      task->raw.sigmoid_();  // as generative-replay wants it
    }
    for (const auto& task : {first, second}) {
      harness.begin_task(task);
      harness.train(6);
      harness.end_task();
    }
    EXPECT_TRUE(harness.values().isfinite().all().item<bool>()) << model;
    const at::NoGradGuard no_grad;
    const auto answers = harness.predict(at::cat({first.raw, second.raw}), 1);
    EXPECT_FALSE(answers.isnan().any().item<bool>()) << model;
    if (by_means) {
      EXPECT_EQ(answers.argmax(1).eq(0).sum().item<std::int64_t>(), 0) << model;
    }
  }
}

/// The means of others are those of a run that never heard of the class.
TEST(EmptyClass, LeavesTheMeansOfOthersAlone) {
  for (const auto& [model, options] :
       std::vector<std::pair<const char*, OptionTexts>>{{"ncm", {}},
                                                        {"slda", {}},
                                                        {"fecam", {}},
                                                        {"icarl", {{"buffer-size", "48"}}},
                                                        {"ncm", {{"source", "current"}}}}) {
    at::Tensor answers[2];
    for (const bool announced : {false, true}) {
      HarnessPlan plan{model, options};
      plan.blocks = {6};
      ModelHarness harness(plan);
      auto task = without_class_0();
      if (!announced) {
        task.classes = {1, 2};
      }
      harness.begin_task(task);
      harness.train(6);
      harness.end_task();
      answers[announced ? 1 : 0] = harness.predict(task.raw).narrow(1, 1, 2);
    }
    if (std::string(model) == "icarl") {  // its loss covers the announced output too
      EXPECT_TRUE(answers[1].isfinite().all().item<bool>());
    } else {
      EXPECT_TRUE(answers[0].equal(answers[1])) << model;
    }
  }
}

}  // namespace empty_class_test
