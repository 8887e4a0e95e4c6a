// The loop through the built plugins: determinism, heads, streams, scenarios.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>

#include "core/error.hpp"
#include "core/metrics/average_accuracy.hpp"
#include "core/metrics/metric_table.hpp"
#include "core/stream/stream_plan.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace task_loop_test {

using clh::test::TestRun;
using Words = std::vector<std::string>;

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Words job(Words more) {
  Words words{"dataset=tiny", "train.iterations=20"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(TaskLoop, SameSeedGivesBitIdenticalWeightsAndMatrices) {
  TestRun a(job({"run.seed=3"})), b(job({"run.seed=3"}));
  a.train();
  b.train();
  EXPECT_TRUE(at::equal(a.values(), b.values()));
  const auto& left = a.experiment().matrices().at("class-il");
  const auto& right = b.experiment().matrices().at("class-il");
  for (std::size_t j = 0; j < left.columns(); ++j) {
    EXPECT_EQ(left.at(4, j), right.at(4, j));
  }
}

TEST(TaskLoop, AnotherSeedGivesOtherWeights) {
  TestRun a(job({"run.seed=3"})), b(job({"run.seed=4"}));
  EXPECT_FALSE(at::equal(a.values(), b.values()));
}

TEST(TaskLoop, TheStreamIsTheSameForEveryModel) {
  TestRun er(job({"stream.class-order=seeded"}));
  TestRun sgd(job({"model=sgd", "stream.class-order=seeded", "train.batch-size=7"}));
  EXPECT_EQ(clh::core::hash(er.experiment().plan()), clh::core::hash(sgd.experiment().plan()));
  TestRun other(job({"stream.class-order=seeded", "run.seed=1"}));
  EXPECT_NE(clh::core::hash(er.experiment().plan()), clh::core::hash(other.experiment().plan()));
}

TEST(TaskLoop, InitialWeightsDoNotDependOnTheModel) {
  TestRun er(job({})), lwf(job({"model=lwf"}));
  EXPECT_TRUE(at::equal(er.values(), lwf.values()));
}

// 784 * 100 + 100 + 100 * 100 + 100 + 100 * 10 + 10, metrics definition res.params.
TEST(TaskLoop, TheDefaultNetworkHasTheKnownNumberOfParameters) {
  TestRun run(job({}));
  EXPECT_EQ(run.values().numel(), 89610);
}

TEST(TaskLoop, ReportsBothScenariosForAClassSplitAndOneForDomains) {
  TestRun split(job({"stream.classes-per-task=5"}));
  split.train();
  EXPECT_EQ(split.experiment().matrices().size(), 2U);
  TestRun permuted(job({"stream=permuted", "stream.scenario=domain-il", "stream.tasks=2"}));
  permuted.train();
  ASSERT_EQ(permuted.experiment().matrices().size(), 1U);
  const auto& matrix = permuted.experiment().matrices().at("domain-il");
  EXPECT_TRUE(matrix.initial(1).has_value());
  EXPECT_TRUE(matrix.at(0, 1).has_value());
}

TEST(TaskLoop, WithoutFutureOnlySeenTasksAreEvaluated) {
  TestRun run(job({"eval.unseen-tasks=false"}));
  run.train();
  const auto& matrix = run.experiment().matrices().at("task-il");
  EXPECT_TRUE(matrix.at(1, 1).has_value());
  EXPECT_FALSE(matrix.at(1, 2).has_value());
}

TEST(TaskLoop, AnIncrementalHeadGrowsAndHasNoInitialRow) {
  TestRun run(job({"head=incremental", "model=sgd"}));
  EXPECT_EQ(run.experiment().network()->head().outputs(), 0);
  run.train();
  EXPECT_EQ(run.experiment().network()->head().outputs(), 10);
  const auto& matrix = run.experiment().matrices().at("task-il");
  EXPECT_FALSE(matrix.initial(0).has_value());
  EXPECT_FALSE(matrix.at(0, 1).has_value());
  EXPECT_TRUE(matrix.at(4, 0).has_value());
}

// With blocks of their own, the outputs of other tasks get no gradient at all.
TEST(TaskLoop, AMultiHeadTrainsTheBlockOfTheTaskAlone) {
  TestRun run(job({"head=multi-head", "model=sgd", "stream.scenario=task-il"}));
  const auto before = run.experiment().network()->head().blocks()[1].weight.detach().clone();
  const auto first = run.experiment().network()->head().blocks()[0].weight.detach().clone();
  run.train(15);
  EXPECT_TRUE(at::equal(before, run.experiment().network()->head().blocks()[1].weight));
  EXPECT_FALSE(at::equal(first, run.experiment().network()->head().blocks()[0].weight));
  EXPECT_EQ(run.experiment().matrices().count("class-il"), 0U);
}

TEST(TaskLoop, AJointStreamTrainsOnceAndIsScoredOnEveryTask) {
  TestRun run(job({"stream=joint", "model=sgd"}));
  run.train();
  const auto& matrix = run.experiment().matrices().at("class-il");
  EXPECT_EQ(matrix.rows(), 1U);
  EXPECT_EQ(matrix.columns(), 5U);
  EXPECT_TRUE(matrix.at(0, 4).has_value());
}

// One block a task although the stream has one experience.
TEST(TaskLoop, AMultiHeadOverAJointStreamHasABlockForEachTask) {
  TestRun run(job({"stream=joint", "model=sgd", "head=multi-head", "stream.scenario=task-il"}));
  EXPECT_EQ(run.experiment().network()->head().blocks().size(), 5U);
}

// Tasks of two and of four classes share four outputs: output 3 wins everywhere, so the first task,
// which does not have it, is never right.
TEST(TaskLoop, DomainIlIsScoredOverTheSharedLabels) {
  TestRun run(job({"stream.scenario=domain-il", "stream.classes-per-task=[2,4,4]", "model=sgd"}));
  {
    const at::NoGradGuard no_grad;
    at::Tensor(run.experiment().network()->head().blocks()[0].bias)[3] = 1000.0;
  }
  run.loop().advance();  // the row before training
  const auto& matrix = run.experiment().matrices().at("domain-il");
  EXPECT_EQ(matrix.initial(0), 0.0);
  EXPECT_EQ(matrix.initial(1), 0.25);
}

TEST(TaskLoop, AClassSplitIntoOneTaskIsStillClassIl) {
  TestRun run(job({"stream.classes-per-task=10", "model=sgd"}));
  EXPECT_EQ(run.experiment().matrices().count("class-il"), 1U);
}

TEST(TaskLoop, TaskFreeHidesTheBoundaries) {
  TestRun run(job({"stream.scenario=task-free", "model=er"}));
  run.train();
  EXPECT_TRUE(run.loop().done());
}

// 60 training and 20 test samples of each class: after any task, of two equally frequent classes
// the lower one is predicted, which is right for half of the first task and for nothing else.
TEST(TaskLoop, AModelWithoutNetworkPredictsByItself) {
  TestRun run({"dataset=tiny", "model=prior"});
  EXPECT_EQ(run.experiment().network(), nullptr);
  run.train();
  const auto& matrix = run.experiment().matrices().at("class-il");
  EXPECT_FALSE(matrix.initial(0).has_value());
  EXPECT_EQ(matrix.at(4, 0), 0.5);
  EXPECT_EQ(matrix.at(4, 3), 0.0);
}

// What is evaluated before the only training says nothing of the model.
TEST(TaskLoop, AModelThatTrainsOnceIsEvaluatedAfterItsTraining) {
  const Words gdumb = {"model=gdumb", "model.epochs=1"};
  for (const Words& model :
       {Words{"model=joint"}, Words{gdumb[0], gdumb[1], "model.retrain=final"}}) {
    SCOPED_TRACE(model[0]);
    TestRun run(job(model));
    run.train();
    EXPECT_EQ(run.experiment().matrices().size(), 2U);
    for (const auto& [setting, matrix] : run.experiment().matrices()) {
      for (std::size_t row = 0; row < 4; ++row) {
        EXPECT_FALSE(matrix.at(row, 0).has_value()) << setting << row;
      }
      EXPECT_TRUE(matrix.complete(4));
      const auto metrics = clh::core::final_metrics(setting, matrix);
      ASSERT_EQ(metrics.size(), 2U);
      EXPECT_EQ(metrics[0].key, setting + "/average-accuracy");
      EXPECT_EQ(metrics[1].key, setting + "/sample-mean-accuracy");
    }
  }
  TestRun each_task(job(gdumb));
  each_task.train();
  EXPECT_TRUE(each_task.experiment().matrices().at("class-il").at(0, 0).has_value());
  EXPECT_EQ(each_task.experiment().matrices().at("class-il").learner().trains,
            clh::core::Trains::kEachTask);
}

TEST(TaskLoop, AModelThatNeverTrainsHasAccuraciesAndNothingElse) {
  TestRun run(job({"model=random-init"}));
  run.train();
  for (const auto& [setting, matrix] : run.experiment().matrices()) {
    EXPECT_EQ(clh::core::final_metrics(setting, matrix).size(), 4U);
    EXPECT_EQ(clh::core::undefined_metrics(setting, matrix)[1].reason, "the model never trains");
  }
}

// Nearest means have nothing to say of classes without one; with shared classes all have theirs.
TEST(TaskLoop, ClassesToComeAreNotAskedOfAModelThatKnowsNothingOfThem) {
  for (const std::string model : {"independent", "ncm"}) {
    SCOPED_TRACE(model);
    TestRun run(job({"model=" + model, "stream.scenario=task-il"}));
    run.train();
    const auto& matrix = run.experiment().matrices().at("task-il");
    EXPECT_TRUE(matrix.at(1, 0).has_value());
    EXPECT_TRUE(matrix.at(1, 1).has_value());
    EXPECT_FALSE(matrix.at(1, 2).has_value());
    const auto undefined = clh::core::undefined_metrics("task-il", matrix);
    ASSERT_EQ(undefined.size(), 1U);
    EXPECT_EQ(undefined[0].key, "task-il/forward-transfer");
    EXPECT_EQ(undefined[0].reason, "the model knows nothing of classes to come");
  }
  TestRun shared(job({"model=ncm", "stream=permuted", "stream.tasks=2"}));
  shared.train();
  const auto& matrix = shared.experiment().matrices().at("domain-il");
  EXPECT_TRUE(matrix.at(0, 1).has_value());
  EXPECT_TRUE(clh::core::undefined_metrics("domain-il", matrix).empty());
}

TEST(TaskLoop, AnswersThatAreRightByDefinitionAreNoted) {
  using Notes = std::map<std::string, std::string>;
  const auto notes = [](const Words& words) {
    return TestRun(job(Words{"model=sgd"} + words)).experiment().notes();
  };
  const std::string right = "every answer is right by definition";
  EXPECT_EQ(notes({}), Notes());
  EXPECT_EQ(notes({"stream=permuted", "stream.tasks=2"}), Notes());
  const Notes one = {
      {"class-il", right + " after 1 of 10 experiences, while one class alone has been seen"},
      {"task-il", right + " in 10 of 10 tasks, which have one class each"}};
  EXPECT_EQ(notes({"stream.classes-per-task=1"}), one);
  EXPECT_EQ(notes({"stream.classes-per-task=1", "eval.scope=all"}),
            (Notes{{"task-il", one.at("task-il")}}));
  EXPECT_EQ(notes({"stream.classes-per-task=[4,1,5]"}),
            (Notes{{"task-il", right + " in 1 of 3 tasks, which have one class each"}}));
  EXPECT_EQ(notes({"stream.classes-per-task=1", "stream.scenario=domain-il"}),
            (Notes{{"domain-il", right + ": there is one output"}}));
}

TEST(TaskLoop, AnAnswerWithTooFewColumnsBreaksTheContract) {
  TestRun run({"dataset=tiny", "model=prior", "model.columns=2"});
  try {
    run.train();
    FAIL() << "expected an error after the second task";
  } catch (const clh::core::Error& e) {
    EXPECT_NE(std::string(e.what()).find("predict, task 1: expected outputs [40, C] with C at "
                                         "least 4, the outputs so far, found [40, 2]"),
              std::string::npos)
        << e.what();
    EXPECT_EQ(e.exit_code(), clh::core::kExitPlugin);
  }
}

TEST(TaskLoop, NormalizingWithoutStatisticsIsRefused) {
  try {
    TestRun run(job({"model=sgd", "stream.normalize=true"}));
    FAIL() << "expected an error";
  } catch (const clh::core::Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "[stream] normalize: expected a dataset with a mean and a deviation, found tiny "
              "without");
  }
}

TEST(TaskLoop, EveryOptimizerLearns) {
  for (const char* name : {"sgd", "adam", "adamw"}) {
    TestRun run({"dataset=tiny", "model=sgd", std::string("optimizer=") + name, "optimizer.lr=0.01",
                 "stream=joint", "train.epochs=3"});
    run.train();
    // Chance is 0.1; the classes are told apart by one bright square.
    EXPECT_GT(*clh::core::average_accuracy(run.experiment().matrices().at("class-il")), 0.5)
        << name;
  }
}

}  // namespace task_loop_test
