#include "core/record/metrics_csv.hpp"

#include <stdexcept>

#include "sample_record.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace metrics_csv_test {

constexpr const char* kHeading =
    "task,setting,average-accuracy,average-incremental-accuracy,learning-accuracy,"
    "backward-transfer,forgetting,forgetting-first,forgetting-max-all,forward-transfer,"
    "sample-mean-accuracy,lower-triangle-accuracy,\"accuracy/zero, one\",accuracy/two,undefined\n";

TEST(MetricsCsv, OneLinePerTaskAndScenario) {
  // class-il after task 2: aa (0.5 + 0.25) / 2, aia (0.75 + 0.375) / 2, la (0.75 + 0.25) / 2,
  // samples (50 + 75) / 400, lower triangle (0.75 + 0.5 + 0.25) / 3. In task-il the untrained
  // network was evaluated on one task, and row 2 is incomplete.
  EXPECT_EQ(metrics_csv(sample_record()),
            std::string(kHeading) +
                "1,class-il,0.75,0.75,0.75,,,,,,0.75,0.75,0.75,,backward-transfer forgetting "
                "forgetting-first forgetting-max-all: fewer than two experiences were evaluated; "
                "forward-transfer: forward transfer is for task-il and domain-il\n"
                "2,class-il,0.375,0.5625,0.5,-0.25,0.25,0.25,0.25,,0.3125,0.5,0.5,0.25,"
                "forward-transfer: forward transfer is for task-il and domain-il\n"
                "0,task-il,,,,,,,,,,,0.5,,\n"
                "1,task-il,1,1,1,,,,,,1,1,1,0.1,backward-transfer forgetting forgetting-first "
                "forgetting-max-all forward-transfer: fewer than two experiences were evaluated\n"
                "2,task-il,,,,,,,,,,,,0.9,average-accuracy average-incremental-accuracy "
                "learning-accuracy backward-transfer forgetting forgetting-first "
                "forgetting-max-all forward-transfer sample-mean-accuracy lower-triangle-accuracy: "
                "not every task so far was evaluated\n");
}

TEST(MetricsCsv, ForwardTransferAfterTheFirstTask) {
  auto record = sample_record();
  auto& matrix = record.matrices.at("task-il");
  matrix.set_initial(1, 0.5);
  matrix.set(0, 1, 0.75);
  matrix.set(1, 0, 1.0);
  matrix.set(1, 1, 1.0);
  const auto text = metrics_csv(record);
  EXPECT_NE(text.find("\n2,task-il,1,1,1,0,0,0,0,0.25,1,1,1,1,\n"), std::string::npos) << text;
}

TEST(MetricsCsv, AModelThatTrainsOnceHasALineAfterItsTraining) {
  auto record = sample_record();
  AccuracyMatrix once(2, {100, 300}, {0, 1}, {Trains::kLastTask, true});
  once.set(1, 0, 0.5);
  once.set(1, 1, 0.25);
  record.matrices = {{"task-il", once}};
  EXPECT_EQ(metrics_csv(record),
            std::string(kHeading) +
                "2,task-il,0.375,,,,,,,,0.3125,,0.5,0.25,average-incremental-accuracy "
                "learning-accuracy backward-transfer forgetting forgetting-first "
                "forgetting-max-all forward-transfer lower-triangle-accuracy: the model trains in "
                "the last task alone\n");
}

TEST(MetricsCsv, QuotesNamesWithQuotes) {
  auto record = sample_record();
  record.task_names[1] = "a \"b\"";
  const auto text = metrics_csv(record);
  EXPECT_NE(text.find(",\"accuracy/a \"\"b\"\"\",undefined\n"), std::string::npos) << text;
}

TEST(MetricsCsv, LeavesOutRowsThatWereNotEvaluated) {
  auto record = sample_record();
  record.matrices.clear();
  record.matrices.emplace("class-il", AccuracyMatrix({100, 300}));
  EXPECT_EQ(metrics_csv(record), kHeading);
}

TEST(MetricsCsv, RefusesMissingTaskNames) {
  auto record = sample_record();
  record.task_names.pop_back();
  EXPECT_THROW(metrics_csv(record), std::invalid_argument);
}

TEST(MetricsCsv, WritesTheTextToAFile) {
  const test::TemporaryDirectory directory;
  write_metrics_csv(directory.path() / "metrics.csv", sample_record());
  EXPECT_EQ(test::file_text(directory.path() / "metrics.csv"), metrics_csv(sample_record()));
}

}  // namespace metrics_csv_test
}  // namespace clh::core
