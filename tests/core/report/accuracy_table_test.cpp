#include "core/report/accuracy_table.hpp"

#include <sstream>
#include <stdexcept>

#include "tests/core/record/sample_record.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace accuracy_table_test {

TEST(AccuracyTable, AlignsPercentages) {
  const auto record = sample_record();
  EXPECT_EQ(accuracy_table("class-il", record.matrices.at("class-il"), record.task_names, {}),
            "class-il accuracy, percent\n"
            "                 zero, one     two  average\n"
            "after task 1         75.00       -    75.00\n"
            "after task 2         50.00   25.00    37.50\n");
}

TEST(AccuracyTable, ShowsTheRowBeforeTrainingAndDashes) {
  const auto record = sample_record();
  EXPECT_EQ(accuracy_table("task-il", record.matrices.at("task-il"), record.task_names, {}),
            "task-il accuracy, percent\n"
            "                 zero, one     two  average\n"
            "before training      50.00       -        -\n"
            "after task 1        100.00   10.00   100.00\n"
            "after task 2             -   90.00        -\n");
}

TEST(AccuracyTable, LeavesOutRowsThatWereNotEvaluated) {
  AccuracyMatrix matrix({10, 10});
  matrix.set(0, 0, 0.5);
  EXPECT_EQ(accuracy_table("class-il", matrix, {"a", "b"}, {}),
            "class-il accuracy, percent\n"
            "                      a       b  average\n"
            "after task 1      50.00       -    50.00\n");
}

TEST(AccuracyTable, ColourOnlyWhenAsked) {
  const auto record = sample_record();
  const auto& matrix = record.matrices.at("task-il");
  const auto plain = accuracy_table("task-il", matrix, record.task_names, {false, 100});
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  const auto coloured = accuracy_table("task-il", matrix, record.task_names, {true, 100});
  EXPECT_NE(coloured.find("\x1b[2m 10.00\x1b[0m"), std::string::npos) << "unseen tasks are dim";
  EXPECT_NE(coloured.find("  100.00  "), std::string::npos) << "seen tasks are not";
}

TEST(AccuracyTable, CutsWideTablesIntoBlocks) {
  AccuracyMatrix matrix({10, 10, 10});
  matrix.set(0, 0, 0.5);
  EXPECT_EQ(accuracy_table("class-il", matrix, {"a", "b", "c"}, {false, 32}),
            "class-il accuracy, percent\n"
            "                      a       b\n"
            "after task 1      50.00       -\n"
            "\n"
            "                      c  average\n"
            "after task 1          -    50.00\n");
}

TEST(AccuracyTable, StacksClassesWhenTheNamesAreTooWide) {
  AccuracyMatrix matrix({10, 10, 10});
  matrix.set(0, 0, 0.5);
  const std::vector<std::string> names = {"t-shirt + trouser", "bag + ankle boot", "gown"};
  EXPECT_EQ(accuracy_table("class-il", matrix, names, {false, 64}),
            "class-il accuracy, percent\n"
            "                 t-shirt         bag\n"
            "                 trouser  ankle boot    gown  average\n"
            "after task 1       50.00           -       -    50.00\n");
  EXPECT_NE(accuracy_table("class-il", matrix, names, {false, 100}).find("t-shirt + trous\u2026"),
            std::string::npos)
      << "one line where it fits";
}

TEST(AccuracyTable, NarrowTerminalShowsOneColumnPerBlock) {
  AccuracyMatrix matrix({10, 10});
  matrix.set(0, 0, 0.5);
  EXPECT_EQ(accuracy_table("class-il", matrix, {"a", "b"}, {false, 0}),
            "class-il accuracy, percent\n"
            "                      a\n"
            "after task 1      50.00\n"
            "\n"
            "                      b\n"
            "after task 1          -\n"
            "\n"
            "                 average\n"
            "after task 1       50.00\n");
}

TEST(AccuracyTable, ShortensLongNamesAndWipesControlCharacters) {
  AccuracyMatrix matrix({10, 10});
  matrix.set(0, 0, 0.5);
  const auto text = accuracy_table("class-il", matrix,
                                   {"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
                                    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4",
                                    "a\x1b[2Jb"},
                                   {});
  EXPECT_EQ(text,
            "class-il accuracy, percent\n"
            "                 \u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
            "\u00e4\u00e4\u00e4\u00e4\u2026  a?[2Jb  average\n"
            "after task 1                50.00       -    50.00\n");
  const auto kept = accuracy_table("class-il", matrix, {"exactly sixteen.", "b"}, {});
  EXPECT_NE(kept.find(" exactly sixteen. "), std::string::npos) << kept;
}

TEST(AccuracyTable, RefusesMissingTaskNames) {
  EXPECT_THROW(accuracy_table("class-il", AccuracyMatrix({10, 10}), {"a"}, {}), std::out_of_range);
}

TEST(MetricsTable, ScenariosSideBySide) {
  EXPECT_EQ(metrics_table(sample_record().matrices, {}),
            "                              class-il  task-il  definition\n"
            "average-accuracy                 37.50   100.00  aa.task-mean\n"
            "average-incremental-accuracy     56.25   100.00  aia\n"
            "learning-accuracy                50.00   100.00  la\n"
            "backward-transfer               -25.00        -  bwt.gem\n"
            "forgetting                       25.00        -  fgt.max-prev\n"
            "forgetting-first                 25.00        -  fgt.first\n"
            "forgetting-max-all               25.00        -  fgt.max-all\n"
            "sample-mean-accuracy             31.25   100.00  aa.sample-mean\n"
            "lower-triangle-accuracy          50.00   100.00  acc.lower-tri\n"
            "not defined: forward-transfer: fewer than two experiences were evaluated\n");
}

TEST(MetricsTable, SaysWhyNoSettingHasAMetric) {
  AccuracyMatrix once(2, {100, 300}, {0, 1}, {Trains::kLastTask, true});
  once.set(1, 0, 0.5);
  once.set(1, 1, 0.25);
  EXPECT_EQ(metrics_table({{"class-il", once}, {"task-il", once}}, {false, 80}),
            "                              class-il  task-il  definition\n"
            "average-accuracy                 37.50    37.50  aa.task-mean\n"
            "sample-mean-accuracy             31.25    31.25  aa.sample-mean\n"
            "not defined: average-incremental-accuracy, learning-accuracy, backward-transfer,\n"
            "  forgetting, forgetting-first, forgetting-max-all, forward-transfer,\n"
            "  lower-triangle-accuracy: the model trains in the last task alone\n");
}

TEST(NotesText, ALineForEachSetting) {
  EXPECT_EQ(notes_text({}, {}), "");
  EXPECT_EQ(notes_text({{"class-il", "one two three"}, {"task-il", "four"}}, {false, 20}),
            "note: class-il: one\n  two three\nnote: task-il: four\n");
}

TEST(MetricsTable, NothingToShow) {
  EXPECT_EQ(metrics_table({}, {}), "");
  EXPECT_EQ(metrics_table({{"class-il", AccuracyMatrix({10})}}, {}), "");
}

TEST(MetricsTable, WhatRoundsToZeroHasNoSign) {
  AccuracyMatrix matrix({100000, 10});
  matrix.set(0, 0, 0.50002);
  matrix.set(1, 0, 0.5);
  matrix.set(1, 1, 0.5);
  const auto text = metrics_table({{"class-il", matrix}}, {});
  EXPECT_NE(text.find("backward-transfer                 0.00  bwt.gem\n"), std::string::npos)
      << text;
}

TEST(MetricsTable, ColourOnlyWhenAsked) {
  const auto record = sample_record();
  EXPECT_EQ(metrics_table(record.matrices, {false, 100}).find('\x1b'), std::string::npos);
  EXPECT_NE(metrics_table(record.matrices, {true, 100}).find('\x1b'), std::string::npos);
}

}  // namespace accuracy_table_test
}  // namespace clh::core
