#include "core/record/results_json.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/error.hpp"
#include "sample_record.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace results_json_test {

using Json = nlohmann::ordered_json;

std::vector<std::string> members(const Json& object) {
  std::vector<std::string> names;
  for (const auto& item : object.items()) {
    names.push_back(item.key());
  }
  return names;
}

TEST(ResultsJson, MembersInOrder) {
  const std::vector<std::string> expected = {"schema",      "status", "metrics",  "definitions",
                                             "undefined",   "notes",  "matrices", "timing",
                                             "environment", "config"};
  EXPECT_EQ(members(results_document(sample_record())), expected);
}

TEST(ResultsJson, SchemaAndStatus) {
  auto record = sample_record();
  auto document = results_document(record);
  EXPECT_EQ(document["schema"], Json::parse(R"({"name": "cl-host results", "version": 1})"));
  EXPECT_EQ(document["status"], "completed");
  record.status = "failed";
  record.error = "disk full";
  document = results_document(record);
  EXPECT_EQ(document["status"], "failed");
  EXPECT_EQ(document["error"], "disk full");
}

TEST(ResultsJson, MetricsAreFlatNumbersWithDefinitions) {
  const auto document = results_document(sample_record());
  const auto& metrics = document["metrics"];
  EXPECT_EQ(metrics["class-il/average-accuracy"], 0.375);  // exact in binary
  EXPECT_EQ(metrics["class-il/forgetting"], 0.25);
  EXPECT_EQ(metrics["class-il/backward-transfer"], -0.25);
  EXPECT_EQ(metrics["task-il/average-accuracy"], 1.0);  // row 0, the last complete one
  EXPECT_FALSE(metrics.contains("class-il/forward-transfer"));
  EXPECT_FALSE(metrics.contains("task-il/forgetting"));
  EXPECT_EQ(document["definitions"]["class-il/forgetting"], "fgt.max-prev");
  EXPECT_EQ(members(metrics), members(document["definitions"]));
  for (const auto& metric : metrics) {
    EXPECT_TRUE(metric.is_number());
  }
}

TEST(ResultsJson, WhatHasNoValueHasAReason) {
  auto record = sample_record();
  const auto undefined = results_document(record)["undefined"];
  EXPECT_EQ(undefined, Json::parse(R"({
    "class-il/forward-transfer": "forward transfer is for task-il and domain-il",
    "task-il/backward-transfer": "fewer than two experiences were evaluated",
    "task-il/forgetting": "fewer than two experiences were evaluated",
    "task-il/forgetting-first": "fewer than two experiences were evaluated",
    "task-il/forgetting-max-all": "fewer than two experiences were evaluated",
    "task-il/forward-transfer": "fewer than two experiences were evaluated"})"));
  AccuracyMatrix once(2, {100, 300}, {0, 1}, {Trains::kLastTask, true});
  once.set(1, 0, 0.5);
  once.set(1, 1, 0.25);
  record.matrices = {{"task-il", once}};
  const auto document = results_document(record);
  EXPECT_EQ(document["metrics"].size(), 2U);
  EXPECT_EQ(document["definitions"].size(), 2U);
  EXPECT_EQ(document["undefined"].size(), 8U);
  EXPECT_EQ(document["undefined"]["task-il/forgetting"], "the model trains in the last task alone");
}

TEST(ResultsJson, NotesStandBySetting) {
  auto record = sample_record();
  EXPECT_EQ(results_document(record)["notes"], Json::object());
  record.notes = {{"task-il", "every answer is right"}};
  EXPECT_EQ(results_document(record)["notes"],
            Json::parse(R"({"task-il": "every answer is right"})"));
}

TEST(ResultsJson, AbsentCellsAreNull) {
  const auto matrices = results_document(sample_record())["matrices"];
  EXPECT_EQ(matrices["task-il"], Json::parse(R"({
    "task-names": ["zero, one", "two"], "test-samples": [100, 300], "first-row": [0, 1],
    "initial": [0.5, null], "rows": [[1.0, 0.1], [null, 0.9]]})"));
  EXPECT_EQ(matrices["class-il"]["initial"], Json::parse("[null, null]"));
}

TEST(ResultsJson, TimingEnvironmentAndConfig) {
  const auto document = results_document(sample_record());
  EXPECT_EQ(document["timing"], Json::parse(R"({"data-seconds": 0.5, "training-seconds": 2.25,
    "evaluation-seconds": 0.125, "wall-seconds": 3.0, "steps": 1200})"));
  EXPECT_EQ(document["environment"], Json::parse(R"({"cl-host-version": "0.1.0",
    "torch-version": "", "blas": "/usr/lib/libblas.so.3", "cpu-model": "", "cpu-capability": "",
    "threads": 1, "compiler": "", "os": "",
    "plugins": [{"kind": "model", "name": "er", "id": "org.clh.er", "version": "1.0.0",
                 "sha256": "ab12", "path": "/opt/er.so", "fingerprint": "torch=1.13"}],
    "dataset": {"name": "fashion-mnist", "sha256": "cd34"}})"));
  EXPECT_EQ(document["config"]["model"]["buffer-size"], 500);
}

TEST(ResultsJson, ModelMetricsCannotReplaceOurs) {
  auto record = sample_record();
  record.model_metrics = {{"buffer-fill", 0.5},
                          {"class-il/average-accuracy", 1.0},
                          {"broken", std::numeric_limits<double>::quiet_NaN()}};
  const auto document = results_document(record);
  EXPECT_EQ(document["metrics"]["model/buffer-fill"], 0.5);
  EXPECT_EQ(document["definitions"]["model/buffer-fill"], "model.reported");
  EXPECT_EQ(document["metrics"]["class-il/average-accuracy"], 0.375);
  EXPECT_FALSE(document["metrics"].contains("model/broken"));
}

TEST(ResultsJson, DoublesReadBackAsTheSame) {
  auto record = sample_record();
  const double values[] = {0.1, 1.0 / 3.0, 0.7928, std::nextafter(1.0, 0.0), 5e-324};
  for (const double value : values) {
    record.matrices.at("class-il").set(1, 1, value);
    const auto document = Json::parse(results_text(record));
    EXPECT_EQ(document["matrices"]["class-il"]["rows"][1][1].get<double>(), value);
  }
}

TEST(ResultsJson, RecordOfARunThatHasJustStarted) {
  const auto document = results_document(RunRecord{});
  EXPECT_EQ(document["status"], "running");
  EXPECT_EQ(document["metrics"], Json::object());
  EXPECT_EQ(document["undefined"], Json::object());
  EXPECT_EQ(document["notes"], Json::object());
  EXPECT_EQ(document["matrices"], Json::object());
  EXPECT_EQ(document["config"], Json::object());
}

TEST(ResultsJson, SurvivesTextThatIsNotUtf8) {
  auto record = sample_record();
  record.environment.plugins[0].path = "/opt/\xff.so";
  const auto document = Json::parse(results_text(record));
  EXPECT_EQ(document["environment"]["plugins"][0]["path"], "/opt/\xEF\xBF\xBD.so");
}

TEST(ResultsJson, RefusesMissingTaskNames) {
  auto record = sample_record();
  record.task_names.pop_back();
  EXPECT_THROW(results_document(record), std::out_of_range);
}

TEST(ResultsJson, WritesTheTextToAFile) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "results.json";
  write_results(path, sample_record());
  EXPECT_EQ(test::file_text(path), results_text(sample_record()));
  EXPECT_EQ(test::file_text(path).back(), '\n');
}

}  // namespace results_json_test
}  // namespace clh::core
