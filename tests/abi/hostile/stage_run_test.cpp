// What a plugin does wrong while it trains and evaluates, with the exit code and message of each.
#include "tests/abi/hostile/hostile_run.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace {

const std::string kAuthor = "report it to the plugin's author";
const std::string kPlugin = "[plugin-error]: org.clh.hostile.run 0.1.0 in ";
const std::string kObserve = kPlugin + "observe, task 0 step 3: ";

class StageRun : public HostileRun {
 protected:
  void expect_broken(const Words& words, const std::string& message) const {
    SCOPED_TRACE(message);
    expect_end(host(words), 3, message, kAuthor);
  }
  /// A run that the plugin must not disturb. Returns: its results document.
  nlohmann::json undisturbed(const Words& words) const {
    const auto result = host(words + Words{"--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out, nullptr, false);
  }
  static Words torch(const Words& more) {
    return tiny({"--plugin-dir", in_build("tests/abi/hostile")}) + more;
  }
};

TEST_F(StageRun, Create) {
  const auto place = kPlugin + "create: ";
  expect_broken(faulty_run("throws", "create"),
                place + "expected a status, found the exception: expected a return, found a throw");
  expect_broken(faulty_run("throws-int", "create"),
                place + "expected a status, found an exception of a foreign type");
  expect_broken(faulty_run("forgets-the-result", "create"),
                place + "expected an instance, found none");
  expect_broken(faulty_run("fails-silently", "create"),
                place + "expected a message with the failure, found none");
}

TEST_F(StageRun, TheInstancesTable) {
  const auto place = kPlugin + "create: ";
  expect_broken(faulty_run("short-table", "none"),
                place + "expected a table of 56 bytes or more, found 16");
  expect_broken(faulty_run("no-observe", "none"),
                place + "expected the required function observe, found none");
  expect_broken(faulty_run("no-destroy", "none"),
                place + "expected the required function destroy, found none");
}

TEST_F(StageRun, ObserveThrows) {
  expect_broken(
      faulty_run("throws", "observe"),
      kObserve + "expected a status, found the exception: expected a return, found a throw");
  expect_broken(faulty_run("throws-int", "observe"),
                kObserve + "expected a status, found an exception of a foreign type");
  const std::string guarded =
      "[plugin-error]: org.clh.hostile.torch 0.1.0 in observe, task 0 step 3: ";
  expect_broken(torch({"model=hostile-torch", "model.fault=throws-c10"}),
                guarded + "expected a return, found a throw");
  expect_broken(torch({"model=hostile-torch", "model.fault=throws-int"}),
                guarded + "expected a standard exception, found another type");
}

TEST_F(StageRun, ObserveAndItsLoss) {
  expect_end(host(faulty_run("nan", "observe")), 2,
             "[not-finite]: org.clh.hostile.run 0.1.0 in observe, task 0 step 3: expected a finite "
             "loss, found nan",
             "lower the learning rate, or --on-nan=continue");
  expect_broken(faulty_run("forgets-the-result", "observe"),
                kObserve + "expected a loss, found none");
  expect_broken(faulty_run("writes-then-fails", "observe"),
                kObserve +
                    "expected a failing call to leave its result alone, found it written; the "
                    "failure was: expected ink, found a dry pen");
  expect_broken(faulty_run("fails-silently", "observe"),
                kObserve + "expected a message with the failure, found none");
}

TEST_F(StageRun, PredictAndItsOutputs) {
  const auto place = kPlugin + "predict, task 0: ";
  expect_broken(faulty_run("forgets-the-result", "predict"),
                place + "expected a tensor, found none");
  expect_broken(faulty_run("writes-then-fails", "predict"),
                place +
                    "expected a failing call to leave its result alone, found it written; the "
                    "failure was: expected ink, found a dry pen");
  expect_broken(faulty_run("throws", "predict"),
                place + "expected a status, found the exception: expected a return, found a throw");
}

TEST_F(StageRun, WhatOnlyWastesMemoryDoesNoHarm) {
  const auto harmless = undisturbed(faulty_run("none", "observe"));
  const auto leaky = undisturbed(faulty_run("leaks", "observe"));
  EXPECT_EQ(leaky["metrics"], harmless["metrics"]);
  EXPECT_EQ(leaky["status"], "completed");
}

TEST_F(StageRun, AThreadLeftBehind) {
  EXPECT_EQ(undisturbed(faulty_run("leaves-a-thread", "observe"))["status"], "completed");
  expect_broken(faulty_run("leaves-a-thread", "observe", {"--check=full"}),
                kPlugin +
                    "destroy: expected the threads of the plugin to have ended, found 1 left "
                    "behind");
  EXPECT_EQ(results(records().back())["status"], "failed");
}

TEST_F(StageRun, AHostFunctionOnAnotherThread) {
  expect_broken(faulty_run("draws-on-another-thread", "observe"),
                kObserve + "rng_words: expected the main thread, found another");
}

TEST_F(StageRun, WhatBelongsToTheHost) {
  const auto place = kObserve + "expected what belongs to the host as before, found ";
  EXPECT_EQ(undisturbed(faulty_run("prints", "observe"))["status"], "completed")
      << "standard output holds the document alone";
  EXPECT_EQ(undisturbed(faulty_run("steals-a-signal", "observe"))["status"], "completed");
  const auto stolen = host(faulty_run("steals-a-signal", "observe", {"--check=full"}));
  EXPECT_EQ(stolen.exit_code, 3);
  EXPECT_NE(stolen.err.find(place + "signal handlers"), std::string::npos) << stolen.err;
  const auto set = host(faulty_run("sets-the-environment", "observe", {"--check=full"}));
  EXPECT_EQ(set.exit_code, 3);
  EXPECT_NE(set.err.find(place + "the environment"), std::string::npos) << set.err;
}

TEST_F(StageRun, TheDefaultGenerator) {
  const auto harmless = undisturbed(torch({"model=hostile-torch"}));
  const auto seeding = undisturbed(torch({"model=hostile-torch", "model.fault=seeds"}));
  EXPECT_EQ(seeding["metrics"], harmless["metrics"]) << "the host draws from its own streams";
  expect_broken(
      torch({"model=hostile-torch", "model.fault=seeds", "--check=full"}),
      "[plugin-error]: org.clh.hostile.torch 0.1.0 in observe, task 0 step 3: expected what "
      "belongs to the host as before, found numbers drawn from LibTorch's default "
      "generator");
}

TEST_F(StageRun, AGradientThatIsReplacedOrDroppedIsPutBack) {
  const Words sgd = {"model=sgd", "backbone=hostile-layer"};
  const auto harmless = undisturbed(torch(sgd));
  for (const std::string fault : {"replaces-grad", "drops-grad"}) {
    const auto other = undisturbed(torch(sgd + Words{"backbone.fault=" + fault}));
    EXPECT_EQ(other["metrics"], harmless["metrics"]) << fault;
  }
}

TEST_F(StageRun, AParameterThatIsResizedOrMoved) {
  const Words sgd = {"model=sgd", "backbone=hostile-layer"};
  const std::string place = "[plugin-error]: org.clh.sgd 0.1.0 in observe, task 0 step 4: ";
  expect_broken(torch(sgd + Words{"backbone.fault=resizes"}),
                place +
                    "org.clh.hostile.torch 0.1.0 in features, task 0 step 4: expected [10, 8], "
                    "found [10, 7]");
  expect_broken(torch(sgd + Words{"backbone.fault=replaces-data"}),
                place +
                    "parameter backbone.weight: expected its storage in the arena, found it "
                    "replaced");
  expect_broken(torch(sgd + Words{"backbone.fault=resizes", "backbone.at=4", "--check=full"}),
                "[plugin-error]: org.clh.sgd 0.1.0 in observe, task 0 step 4: parameter "
                "backbone.weight: expected 512 values, found 448");
}

TEST_F(StageRun, AnOldFlatViewStaysAPrefix) {
  const auto document =
      undisturbed(torch({"model=hostile-torch", "model.fault=old-view", "head=incremental"}));
  EXPECT_EQ(document["status"], "completed");
  EXPECT_LT(document["metrics"]["model/hostile/old-size"],
            document["metrics"]["model/hostile/size"]);
}

TEST_F(StageRun, ValuesWrittenBetweenForwardAndBackward) {
  EXPECT_EQ(undisturbed(torch({"model=hostile-torch", "model.fault=writes-values"}))["status"],
            "completed");
  expect_broken(torch({"model=hostile-torch", "model.fault=writes-values", "--check=full"}),
                "[plugin-error]: org.clh.hostile.torch 0.1.0 in observe, task 0 step 3: network in "
                "backward: expected the values as they were in forward, found them written");
}

TEST_F(StageRun, AGoodPluginPassesTheFullCheck) {
  const auto plain = undisturbed(tiny({"model=sgd"}));
  const auto checked = undisturbed(tiny({"model=sgd", "--check=full"}));
  EXPECT_EQ(checked["metrics"], plain["metrics"]);
}

}  // namespace
}  // namespace clh::test
