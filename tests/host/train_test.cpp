#include <set>

#include "tests/host/host_test.hpp"

namespace clh::test {
namespace train_test {

class Train : public HostTest {
 protected:
  static std::set<std::string> keys(const nlohmann::json& object) {
    std::set<std::string> names;
    for (const auto& item : object.items()) {
      names.insert(item.key());
    }
    return names;
  }
  /// "<scenario>/<metric>" for every metric that a finished run has.
  static std::set<std::string> metric_keys(const std::vector<std::string>& scenarios) {
    std::set<std::string> names;
    for (const auto& scenario : scenarios) {
      for (const std::string metric :
           {"average-accuracy", "average-incremental-accuracy", "learning-accuracy",
            "backward-transfer", "forgetting", "forgetting-first", "forgetting-max-all",
            "sample-mean-accuracy", "lower-triangle-accuracy"}) {
        names.insert(scenario + '/' + metric);
      }
      if (scenario != "class-il") {
        names.insert(scenario + "/forward-transfer");
      }
    }
    return names;
  }
};

TEST_F(Train, RealFashionMnistWithoutAnyChoice) {
  const auto result = host({"train", "--json", "train.iterations=100"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["config"]["benchmark"], "split-fashion-mnist");
  EXPECT_EQ(document["config"]["model"]["name"], "er");
  EXPECT_EQ(document["config"]["model"]["buffer-size"], 500);
  EXPECT_EQ(document["environment"]["dataset"]["name"], "fashion-mnist");
  EXPECT_EQ(document["timing"]["steps"], 500);
  EXPECT_EQ(document["matrices"]["class-il"]["test-samples"],
            (std::vector<int>{2000, 2000, 2000, 2000, 2000}));
  // 100 steps of 10 are a twelfth of an epoch: already far above the chance of 0.1 and 0.5.
  EXPECT_GT(document["metrics"]["class-il/average-accuracy"], 0.4);
  EXPECT_GT(document["metrics"]["task-il/average-accuracy"], 0.85);
}

TEST_F(Train, JsonIsTheResultsDocumentAndNothingElse) {
  const auto result = host(tiny({"--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto document = nlohmann::ordered_json::parse(result.out);  // throws on a second document
  std::vector<std::string> order;
  for (const auto& item : document.items()) {
    order.push_back(item.key());
  }
  EXPECT_EQ(order,
            (std::vector<std::string>{"schema", "status", "metrics", "definitions", "undefined",
                                      "notes", "matrices", "timing", "environment", "config"}));
  EXPECT_EQ(document["schema"]["version"], 1);
  EXPECT_EQ(document["status"], "completed");
  EXPECT_EQ(keys(document["metrics"]), metric_keys({"class-il", "task-il"}));
  EXPECT_EQ(keys(document["definitions"]), keys(document["metrics"]));
  EXPECT_EQ(document["definitions"]["class-il/forgetting"], "fgt.max-prev");
  EXPECT_EQ(document["undefined"].dump(),
            R"({"class-il/forward-transfer":"forward transfer is for task-il and domain-il"})");
  EXPECT_TRUE(document["notes"].empty());
  for (const auto& value : document["metrics"]) {
    EXPECT_TRUE(value.is_number());
    EXPECT_LE(std::abs(value.get<double>()), 1.0);
  }
  EXPECT_EQ(result.out, file_bytes(record() / "results.json"));
  for (int task = 1; task <= 5; ++task) {  // progress goes to standard error
    EXPECT_NE(result.err.find("task " + std::to_string(task) + "/5  5 batches  loss "),
              std::string::npos)
        << result.err;
  }
}

TEST_F(Train, TaskIlHasTaskIlKeysOnly) {
  const auto result = host(tiny({"--json", "stream.scenario=task-il", "head=multi-head"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(keys(nlohmann::json::parse(result.out)["metrics"]), metric_keys({"task-il"}));
}

TEST_F(Train, DomainIlHasDomainIlKeysOnly) {
  const auto result = host(tiny(
      {"--json", "stream=permuted", "stream.tasks=3", "stream.scenario=domain-il", "model=sgd"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(keys(document["metrics"]), metric_keys({"domain-il"}));
  EXPECT_EQ(document["matrices"]["domain-il"]["rows"].size(), 3U);
}

TEST_F(Train, EvaluationOfSeenTasksHasNoForwardTransfer) {
  const auto result = host(tiny({"--json", "eval.unseen-tasks=false"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["metrics"].count("task-il/forward-transfer"), 0U);
  EXPECT_EQ(document["undefined"]["task-il/forward-transfer"], "tasks to come were not evaluated");
  EXPECT_TRUE(document["matrices"]["task-il"]["rows"][0][4].is_null());
}

TEST_F(Train, TablesForPeople) {
  const auto result = host(tiny());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const std::string text :
       {"class-il accuracy, percent\n                  a + b   c + d   e + f   g + h   i + j  "
        "average\nafter task 1",
        "\nbefore training", "\nafter task 5",
        "\n                              class-il  task-il  definition\naverage-accuracy",
        "  aa.task-mean\n", "\n25 steps in "}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\nin\n" << result.out;
  }
  for (const std::string text : {"\nnot defined", "\nnote"}) {
    EXPECT_EQ(result.out.find(text), std::string::npos) << "all is as usual:\n" << result.out;
  }
  EXPECT_NE(result.out.find("\nrecord: " + record().string() + "\n"), std::string::npos);
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos) << "no colour in a pipe";
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.err.find('\r'), std::string::npos);
}

TEST_F(Train, AnUpperBoundHasNoForgetting) {
  const auto result = host(tiny({"model=joint"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("\nnot defined: average-incremental-accuracy, learning-accuracy, "
                            "backward-transfer, forgetting,"),
            std::string::npos)
      << result.out;
  EXPECT_NE(
      result.out.find("lower-triangle-accuracy: the model trains\n  in the last task alone\n"),
      std::string::npos)
      << result.out;
  EXPECT_EQ(result.out.find("\nforgetting "), std::string::npos) << result.out;
  EXPECT_NE(result.err.find(" s  not evaluated\ntask 2/5 "), std::string::npos) << result.err;
  const auto document = results(record());
  EXPECT_EQ(keys(document["metrics"]),
            (std::set<std::string>{"class-il/average-accuracy", "class-il/sample-mean-accuracy",
                                   "task-il/average-accuracy", "task-il/sample-mean-accuracy"}));
  EXPECT_EQ(document["undefined"].size(), 16U);
  EXPECT_EQ(document["undefined"]["task-il/forgetting"], "the model trains in the last task alone");
  EXPECT_TRUE(document["matrices"]["class-il"]["rows"][3][0].is_null());
  EXPECT_TRUE(document["matrices"]["class-il"]["rows"][4][0].is_number());
  const auto csv = file_bytes(record() / "metrics.csv");
  EXPECT_EQ(csv.find("\n4,"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\n5,class-il,"), std::string::npos) << csv;
  EXPECT_NE(csv.find("lower-triangle-accuracy: the model trains in the last task alone\n"),
            std::string::npos)
      << csv;
}

TEST_F(Train, NetworksOfTheirOwnTransferNothingForward) {
  const auto result =
      host(tiny({"--json", "model=independent", "stream.scenario=task-il", "head=multi-head"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  auto expected = metric_keys({"task-il"});
  expected.erase("task-il/forward-transfer");
  EXPECT_EQ(keys(document["metrics"]), expected);
  EXPECT_EQ(document["undefined"].dump(),
            R"({"task-il/forward-transfer":"the model knows nothing of classes to come"})");
  EXPECT_EQ(document["metrics"]["task-il/forgetting"], 0.0);
  EXPECT_TRUE(document["matrices"]["task-il"]["rows"][0][1].is_null());
}

TEST_F(Train, ANetworkThatIsNeverTrainedForgetsNothing) {
  const auto result = host(tiny({"--json", "model=random-init"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["metrics"].count("class-il/forgetting"), 0U);
  EXPECT_EQ(document["undefined"]["class-il/forgetting"], "the model never trains");
  EXPECT_EQ(document["undefined"]["task-il/forward-transfer"], "the model never trains");
  EXPECT_EQ(document["metrics"].count("class-il/average-accuracy"), 1U);
}

TEST_F(Train, TasksOfOneClassAreRightByDefinition) {
  const auto result = host(tiny({"model=random-init", "stream.classes-per-task=1"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("\nnote: class-il: every answer is right by definition after 1 of 10 "
                            "experiences, while one class alone"),
            std::string::npos)
      << result.out;
  const std::string note =
      "every answer is right by definition in 10 of 10 tasks, which have one class each";
  EXPECT_NE(result.out.find("\nnote: task-il: " + note + "\n"), std::string::npos) << result.out;
  const auto document = results(record());
  EXPECT_EQ(document["notes"]["task-il"], note);
  EXPECT_EQ(document["metrics"]["task-il/average-accuracy"], 1.0) << "and untrained";
}

TEST_F(Train, EveryModelRuns) {
  for (const std::string model : {"sgd", "joint", "er", "der", "derpp", "agem", "ewc", "lwf"}) {
    const auto result = host(tiny({"--json", "model=" + model, "run.record=false"}));
    EXPECT_EQ(result.exit_code, 0) << model << ": " << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out)["config"]["model"]["name"], model);
  }
  EXPECT_FALSE(std::filesystem::exists(folder() / "runs")) << "run.record=false";
}

TEST_F(Train, Help) {
  const auto general = host({"--help"});
  EXPECT_EQ(general.exit_code, 0);
  for (const std::string command : {"train", "list", "describe", "doctor"}) {
    EXPECT_NE(general.out.find("\n  " + command + " "), std::string::npos);
    for (const std::string flag : {"--help", "-h"}) {
      const auto help = host({command, flag});
      EXPECT_EQ(help.exit_code, 0) << help.err;
      EXPECT_EQ(help.out.find("usage: cl-host " + command), 0U) << help.out;
      EXPECT_NE(help.out.find("\n  cl-host " + command), std::string::npos) << "an example";
      EXPECT_NE(help.out.find("--plugin-dir DIR"), std::string::npos);
    }
  }
  const auto version = host({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "cl-host 0.1.0\n");
}

TEST_F(Train, UnknownCommand) {
  const std::string found =
      "[usage]: cl-host: expected train, list, describe, lock, new, validate or doctor, found ";
  expect_error(host({"trian"}), 2, found + "\"trian\"", "did you mean \"train\"?");
  expect_error(host({"frobnicate"}), 2, found + "\"frobnicate\"", "cl-host --help");
  const auto nothing = host({});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.err.find("usage: cl-host <command>"), 0U);
  EXPECT_EQ(nothing.out, "");
}

}  // namespace train_test
}  // namespace clh::test
