#include "core/metrics/metric_table.hpp"

#include <stdexcept>

#include "running_example.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace metric_table_test {

struct Expected {
  const char* key;
  const char* definition_id;
  double value;
};

TEST(MetricTable, RunningExampleInOrder) {
  const Expected expected[] = {
      {"task-il/average-accuracy", "aa.task-mean", 0.79},
      {"task-il/average-incremental-accuracy", "aia", 0.82},
      {"task-il/learning-accuracy", "la", 0.85},
      {"task-il/backward-transfer", "bwt.gem", -0.09},
      {"task-il/forgetting", "fgt.max-prev", 0.11},
      {"task-il/forgetting-first", "fgt.first", 0.09},
      {"task-il/forgetting-max-all", "fgt.max-all", 0.12},
      {"task-il/forward-transfer", "fwt.random-init", 0.10},
      {"task-il/sample-mean-accuracy", "aa.sample-mean", 0.8225},
      {"task-il/lower-triangle-accuracy", "acc.lower-tri", 0.818333333333},
  };
  const auto metrics = final_metrics("task-il", running_example());
  ASSERT_EQ(metrics.size(), std::size(expected));
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    EXPECT_EQ(metrics[i].key, expected[i].key);
    EXPECT_EQ(metrics[i].definition_id, expected[i].definition_id);
    EXPECT_NEAR(metrics[i].value, expected[i].value, 1e-11) << expected[i].key;  // as printed above
  }
}

bool has_forward_transfer(const std::string& scenario) {
  for (const auto& metric : final_metrics(scenario, running_example())) {
    if (metric.definition_id == "fwt.random-init") {
      return true;
    }
  }
  return false;
}

TEST(MetricTable, ForwardTransferIsNeverPrintedForClassIl) {
  EXPECT_TRUE(has_forward_transfer("task-il"));
  EXPECT_TRUE(has_forward_transfer("domain-il"));
  EXPECT_FALSE(has_forward_transfer("class-il"));
}

TEST(MetricTable, LeavesOutWhatIsUndefined) {
  const auto metrics = final_metrics("class-il", single_task());
  ASSERT_EQ(metrics.size(), 5U);  // aa, aia, la, sample mean, lower triangle
  for (const auto& metric : metrics) {
    EXPECT_NEAR(metric.value, 0.7, 1e-12) << metric.key;
  }
  EXPECT_TRUE(final_metrics("class-il", AccuracyMatrix({10})).empty());
}

TEST(MetricTable, AfterEveryRow) {
  const auto after_0 = metrics_after_row("class-il", running_example(), 0);
  ASSERT_EQ(after_0.size(), 5U);
  EXPECT_NEAR(after_0[0].value, 0.80, 1e-12);
  const auto after_1 = metrics_after_row("class-il", running_example(), 1);
  ASSERT_EQ(after_1.size(), 9U);
  EXPECT_NEAR(after_1[0].value, 0.87, 1e-12);
  EXPECT_EQ(after_1[4].key, "class-il/forgetting");
  EXPECT_NEAR(after_1[4].value, -0.04, 1e-12);
  EXPECT_THROW(metrics_after_row("class-il", running_example(), 3), std::out_of_range);
}

TEST(MetricTable, NothingAfterAMissingRow) {
  EXPECT_TRUE(metrics_after_row("class-il", running_example_without(1), 1).empty());
}

/// The running example as the accuracies of another learner; rows before `first` are absent.
AccuracyMatrix example_of(Learner learner, std::size_t first = 0, bool to_come = true) {
  const auto full = running_example();
  AccuracyMatrix matrix(3, {100, 200, 100}, {0, 1, 2}, learner);
  for (std::size_t column = 0; column < 3; ++column) {
    matrix.set_initial(column, full.initial(column).value());
    for (std::size_t row = first; row < 3; ++row) {
      if (to_come || full.seen(row, column)) {
        matrix.set(row, column, full.at(row, column).value());
      }
    }
  }
  return matrix;
}

using Names = std::vector<std::string>;

Names defined(const std::string& setting, const AccuracyMatrix& matrix) {
  Names names;
  for (const auto& metric : final_metrics(setting, matrix)) {
    names.push_back(metric.key.substr(setting.size() + 1));
  }
  return names;
}

/// "reason: name name" of each reason.
Names reasons(const std::vector<UndefinedMetric>& undefined) {
  Names texts;
  for (const auto& group : by_reason(undefined)) {
    auto text = group.reason + ":";
    for (const auto& name : group.names) {
      text += " " + name;
    }
    texts.push_back(text);
  }
  return texts;
}

// An upper bound trains once: the accuracies of its last row, 0.60, 0.92 and 0.85, are all it has.
TEST(MetricTable, OfAModelThatTrainsOnceTheFinalRowIsDefinedAlone) {
  const auto once = example_of({Trains::kLastTask, true}, 2);
  const auto metrics = final_metrics("task-il", once);
  ASSERT_EQ(metrics.size(), 2U);
  EXPECT_EQ(metrics[0].key, "task-il/average-accuracy");
  EXPECT_NEAR(metrics[0].value, 0.79, 1e-12);
  EXPECT_EQ(metrics[1].key, "task-il/sample-mean-accuracy");
  EXPECT_NEAR(metrics[1].value, 0.8225, 1e-12);
  EXPECT_EQ(reasons(undefined_metrics("task-il", once)),
            Names{"the model trains in the last task alone: average-incremental-accuracy "
                  "learning-accuracy backward-transfer forgetting forgetting-first "
                  "forgetting-max-all forward-transfer lower-triangle-accuracy"});
  EXPECT_EQ(reasons(undefined_metrics("class-il", once)).size(), 2U);
  EXPECT_EQ(undefined_metrics("class-il", once)[6].reason,
            "forward transfer is for task-il and domain-il");
  // Interrupted before its training.
  const auto none = example_of({Trains::kLastTask, true}, 3);
  EXPECT_TRUE(final_metrics("task-il", none).empty());
  EXPECT_EQ(undefined_metrics("task-il", none)[0].reason,
            "no experience has been learned and evaluated");
  // In one experience it is a model like any other.
  EXPECT_EQ(defined("task-il", joint()), defined("task-il", [] {
              AccuracyMatrix one(1, {10, 30}, {0, 0}, {Trains::kLastTask, true});
              one.set(0, 0, 0.9);
              one.set(0, 1, 0.5);
              return one;
            }()));
}

TEST(MetricTable, AModelThatNeverTrainsLearnsForgetsAndTransfersNothing) {
  const auto never = example_of({Trains::kNever, true});
  EXPECT_EQ(defined("domain-il", never),
            (Names{"average-accuracy", "average-incremental-accuracy", "sample-mean-accuracy",
                   "lower-triangle-accuracy"}));
  EXPECT_EQ(reasons(undefined_metrics("domain-il", never)),
            Names{"the model never trains: learning-accuracy backward-transfer forgetting "
                  "forgetting-first forgetting-max-all forward-transfer"});
}

TEST(MetricTable, WithoutZeroShotThereIsNoForwardTransfer) {
  const auto blind = example_of({Trains::kEachTask, false}, 0, false);
  EXPECT_EQ(reasons(undefined_metrics("task-il", blind)),
            Names{"the model knows nothing of classes to come: forward-transfer"});
  // Where classes are shared it has answers, and the metric its value.
  EXPECT_TRUE(undefined_metrics("domain-il", example_of({Trains::kEachTask, false})).empty());
}

TEST(MetricTable, EveryUndefinedMetricHasItsReason) {
  EXPECT_TRUE(undefined_metrics("task-il", running_example()).empty());
  const std::string few =
      "fewer than two experiences were evaluated: backward-transfer forgetting "
      "forgetting-first forgetting-max-all forward-transfer";
  EXPECT_EQ(reasons(undefined_metrics("task-il", single_task())), Names{few});
  EXPECT_EQ(reasons(undefined_metrics("domain-il", joint())), Names{few});
  EXPECT_EQ(reasons(undefined_after_row("task-il", running_example(), 0)), Names{few});
  EXPECT_EQ(reasons(undefined_metrics("task-il", example_of({}, 0, false))),
            Names{"tasks to come were not evaluated: forward-transfer"});
  EXPECT_EQ(reasons(undefined_metrics("task-il", repeated_task())),
            Names{"there is no row before training: forward-transfer"});
  const auto last_alone = reasons(undefined_metrics("task-il", example_of({}, 2)));
  EXPECT_EQ(last_alone, (Names{"rows before the final one were not evaluated: backward-transfer "
                               "forgetting forgetting-first",
                               "tasks to come were not evaluated: forward-transfer"}));
  EXPECT_EQ(undefined_after_row("class-il", running_example_without(1), 1).size(), 10U);
  EXPECT_EQ(undefined_after_row("class-il", running_example_without(1), 1)[0].reason,
            "not every task so far was evaluated");
}

TEST(MetricTable, EveryMetricIsDefinedOrHasAReason) {
  for (const auto& matrix : {running_example(), single_task(), joint(), repeated_task(),
                             example_of({Trains::kLastTask, true}, 2),
                             example_of({Trains::kNever, false}), AccuracyMatrix({10})}) {
    for (const std::string setting : {"class-il", "task-il", "domain-il"}) {
      EXPECT_EQ(final_metrics(setting, matrix).size() + undefined_metrics(setting, matrix).size(),
                metric_definitions().size());
    }
  }
}

}  // namespace metric_table_test
}  // namespace clh::core
