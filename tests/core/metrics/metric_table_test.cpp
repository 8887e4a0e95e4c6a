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

}  // namespace metric_table_test
}  // namespace clh::core
