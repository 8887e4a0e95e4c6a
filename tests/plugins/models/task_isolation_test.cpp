// Models that answer a task by what it left behind: bit for bit the same answers after later tasks,
// whatever the optimizer, the head and the backbone.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/rand.h>

#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace task_isolation_test {

using clh::test::TestRun;
using Words = std::vector<std::string>;

at::Tensor answer(TestRun& run, const at::Tensor& x, std::int32_t task) {
  const at::NoGradGuard no_grad;
  run.experiment().network()->set_training(false);
  run.experiment().model().set_training(false);
  const clh_query query{sizeof(clh_query), task, clh::lend(x)};
  auto outputs = run.experiment().model().predict(query);
  run.experiment().network()->set_training(true);
  run.experiment().model().set_training(true);
  return outputs;
}

/// Trains three tasks, and compares the answers to each as the next begins with those at the end.
void expect_answers_to_stay(const std::string& model, const Words& more) {
  Words words{"model=" + model,     "dataset=tiny",       "stream.scenario=task-il",
              "train.iterations=6", "train.batch-size=8", "eval.unseen-tasks=false"};
  words.insert(words.end(), more.begin(), more.end());
  std::string label;
  for (const auto& word : words) {
    label += word + " ";
  }
  SCOPED_TRACE(label);
  TestRun run(words);
  const auto x = at::rand({5, 1, 28, 28});
  std::vector<at::Tensor> answers;
  for (std::int32_t t = 0; t < 2; ++t) {
    run.train(6 * (t + 1) + 1);
    answers.push_back(answer(run, x, t));
  }
  run.train(18);
  EXPECT_FALSE(answer(run, x, 2).equal(answers[1]));
  for (std::int32_t t = 0; t < 2; ++t) {
    const auto& before = answers[static_cast<std::size_t>(t)];
    const auto columns = 2 * t + 2;  // those that the task had
    EXPECT_TRUE(answer(run, x, t).narrow(1, 0, columns).equal(before.narrow(1, 0, columns))) << t;
  }
}

class TaskIsolation : public testing::TestWithParam<const char*> {};

TEST_P(TaskIsolation, HoldsWithEveryOptimizer) {
  for (const Words& optimizer :
       {Words{"optimizer.lr=0.05"},
        Words{"optimizer.lr=0.02", "optimizer.momentum=0.9", "optimizer.nesterov=true",
              "optimizer.weight-decay=0.01", "optimizer.reset=never"},
        Words{"optimizer=adam", "optimizer.lr=0.003", "optimizer.weight-decay=0.01",
              "optimizer.reset=never"},
        Words{"optimizer=adamw", "optimizer.lr=0.003", "optimizer.weight-decay=0.1"}}) {
    expect_answers_to_stay(GetParam(), optimizer);
  }
}

TEST_P(TaskIsolation, HoldsWithEveryHead) {
  for (const std::string head : {"multi-head", "incremental"}) {
    expect_answers_to_stay(GetParam(), {"head=" + head, "optimizer.weight-decay=0.01",
                                        "optimizer.momentum=0.9", "optimizer.lr=0.02"});
  }
}

INSTANTIATE_TEST_SUITE_P(Models, TaskIsolation,
                         testing::Values("independent", "packnet", "wsn", "pnn"));

// Running statistics are no parameters; weights of convolutions are pruned and masked likewise.
TEST(TaskIsolationOfBackbones, HoldsWithConvolutionsAndRunningStatistics) {
  for (const std::string model : {"independent", "packnet", "wsn"}) {
    expect_answers_to_stay(model, {"backbone=cnn", "optimizer.lr=0.05"});
    expect_answers_to_stay(model, {"backbone=resnet18", "backbone.width=2", "optimizer.lr=0.05"});
  }
}

TEST(TaskIsolationOfColumns, HoldsForLinearAdapters) {
  expect_answers_to_stay("pnn", {"model.adapter=linear", "optimizer=adam", "optimizer.lr=0.003",
                                 "optimizer.weight-decay=0.01", "optimizer.reset=never"});
}

/// Whether the backbone, or the head, stays bit for bit as it was when the second task began.
void expect_to_stay(const Words& words, bool head) {
  for (const Words& optimizer : {Words{"optimizer.lr=0.02", "optimizer.momentum=0.9",
                                       "optimizer.weight-decay=0.01", "optimizer.reset=never"},
                                 Words{"optimizer=adam", "optimizer.lr=0.003",
                                       "optimizer.weight-decay=0.01", "optimizer.reset=never"}}) {
    auto job = words;
    job.insert(job.end(), {"dataset=tiny", "train.iterations=6", "train.batch-size=8"});
    job.insert(job.end(), optimizer.begin(), optimizer.end());
    TestRun run(job);
    run.train(7);
    const auto before = run.values();
    run.train(17);
    const auto after = run.values();
    EXPECT_FALSE(after.equal(before));
    for (const auto& slot : run.experiment().network()->arena().slots()) {
      if ((slot.first_output >= 0) == head) {
        EXPECT_TRUE(after.narrow(0, slot.offset, slot.count)
                        .equal(before.narrow(0, slot.offset, slot.count)))
            << words[0] << " " << optimizer[0] << " " << slot.name;
      }
    }
  }
}

TEST(FrozenParts, StayWithEveryOptimizer) {
  expect_to_stay({"model=lfl", "stream=permuted", "stream.scenario=domain-il", "stream.tasks=5"},
                 true);
  expect_to_stay({"model=cwr-star"}, false);
}

// What starts anew starts with moments of its own, also where the optimizer keeps them.
TEST(FreshMoments, DoNotDependOnTheOptimizersReset) {
  for (const std::string model : {"independent", "packnet", "pnn"}) {
    std::vector<at::Tensor> values;
    for (const std::string reset : {"task", "never"}) {
      TestRun run({"model=" + model, "dataset=tiny", "stream.scenario=task-il",
                   "train.iterations=6", "train.batch-size=8", "optimizer.lr=0.02",
                   "optimizer.momentum=0.9", "optimizer.reset=" + reset});
      run.train(15);
      values.push_back(run.values());
    }
    EXPECT_TRUE(values[0].equal(values[1])) << model;
  }
}

}  // namespace task_isolation_test
