// train --supervise: a plugin that crashes or hangs is named, and the record says how it ended.
#include <csignal>

#include "tests/abi/hostile/hostile_run.hpp"

namespace clh::test {
namespace {

const std::string kPlugin = "org.clh.hostile.run 0.1.0 in ";

class Supervise : public HostileRun {
 protected:
  ProcessResult supervised(const Words& words, const Words& more = {"--supervise"}) const {
    return host(words + more);
  }
  static std::string without(const std::string& component) {
    return "run again without " + component +
           ", or report it to the plugin's author with the command and the record";
  }
  /// Expects a crash in `place` with its message, exit code and record.
  void expect_crash(const Words& words, const std::string& place, const std::string& found,
                    const std::string& component = "hostile-run") const {
    SCOPED_TRACE(place);
    std::filesystem::remove_all(folder() / "runs");
    const auto text = kPlugin + place + ": expected a return, found " + found;
    const auto result = supervised(words);
    expect_end(result, 4, "[plugin-crash]: " + text, without(component));
    EXPECT_NE(result.err.find("record: " + record().string() + "\n"), std::string::npos);
    const auto document = results(record());
    EXPECT_EQ(document["status"], "crashed");
    EXPECT_EQ(document.value("error", ""), text);
    EXPECT_EQ(document["config"]["dataset"]["name"], "tiny-pictures");
    const auto curve = file_bytes(record() / "train.jsonl");
    EXPECT_TRUE(curve.empty() || curve.back() == '\n');
    EXPECT_NE(file_bytes(record() / "log.txt").find("supervisor: crashed: " + text),
              std::string::npos);
  }
  /// Expects an end before there is a record.
  void expect_early_crash(const Words& words, const std::string& place,
                          const std::string& component) const {
    SCOPED_TRACE(place);
    expect_end(supervised(words), 4,
               "[plugin-crash]: " + place + ": expected a return, found SIGSEGV",
               without(component));
    EXPECT_FALSE(std::filesystem::exists(folder() / "runs"));
  }
};

TEST_F(Supervise, ACrashIsNamedByPluginCallTaskAndStep) {
  expect_crash(faulty_run("segfaults", "observe"), "observe, task 0 step 3", "SIGSEGV");
  expect_crash(faulty_run("aborts", "observe", {"model.at=7", "--json"}), "observe, task 1 step 7",
               "SIGABRT");
  expect_crash(faulty_run("exits", "observe"), "observe, task 0 step 3", "exit(0)");
  expect_crash(faulty_run("segfaults", "predict"), "predict, task 0", "SIGSEGV");
}

TEST_F(Supervise, TasksLearnedBeforeTheCrashAreInTheRecord) {
  expect_crash(faulty_run("segfaults", "observe", {"model.at=12"}), "observe, task 2 step 12",
               "SIGSEGV");
  const auto rows = results(record())["matrices"]["class-il"]["rows"];
  EXPECT_TRUE(rows[1][1].is_number());
  EXPECT_TRUE(rows[2][2].is_null());
}

TEST_F(Supervise, NestedCallsNameTheInnermostAndRestoreTheOuter) {
  expect_crash(faulty_backbone("segfaults", "features"), "features, task 1 step 6", "SIGSEGV",
               "hostile-backbone");
  expect_crash(faulty_run("segfaults", "network"), "observe, task 0 step 3", "SIGSEGV");
}

TEST_F(Supervise, CreateAndLoad) {
  expect_early_crash(faulty_run("segfaults", "create"), kPlugin + "create", "hostile-run");
  const auto faulty = build("segfaults", {"well_behaved.c", "segfaults.c"});
  expect_early_crash(train_with(faulty), "org.clh.test.well-behaved 1.0.0 in load",
                     "org.clh.test.well-behaved");
}

TEST_F(Supervise, DestroyAfterTheLastTask) {
  expect_crash(faulty_run("segfaults", "destroy"), "destroy, task 4", "SIGSEGV");
  EXPECT_TRUE(results(record())["matrices"]["class-il"]["rows"][4][4].is_number());
}

TEST_F(Supervise, AHang) {
  const Words limit = {"--call-timeout", "2"};
  const auto text =
      kPlugin + "observe, task 0 step 3: expected a return within 2 s, found it still running";
  expect_end(supervised(faulty_run("hangs", "observe"), limit), 4, "[plugin-timeout]: " + text,
             "raise --call-timeout if it only needs longer, or run again without hostile-run");
  const auto document = results(record());
  EXPECT_EQ(document["status"], "crashed");
  EXPECT_EQ(document.value("error", ""), text);
}

TEST_F(Supervise, AHangBelowAModelNamesTheBackbone) {
  expect_end(
      supervised(faulty_backbone("hangs", "features"), {"--call-timeout=2"}), 4,
      "[plugin-timeout]: org.clh.hostile.run 0.1.0 in features, task 1 step 6: expected a return "
      "within 2 s, found it still running",
      "raise --call-timeout if it only needs longer, or run again without hostile-backbone");
}

TEST_F(Supervise, ACrashOutsideAnyCallIsOurs) {
  expect_end(supervised(faulty_backbone("none", "deleter")), 1,
             "[bug]: cl-host: expected to go on, found SIGSEGV outside any call of a plugin (the "
             "last was org.clh.hostile.run 0.1.0 in features)",
             "please report this as an issue");
  EXPECT_EQ(results(record())["status"], "crashed");
}

TEST_F(Supervise, ACrashInAnExitHandlerComesAfterTheResults) {
  const auto result = supervised(faulty_run("crashes-at-exit", "observe", {"--json"}));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(nlohmann::json::parse(result.out)["status"], "completed");
  EXPECT_NE(result.err.find("error[plugin-crash]: exit handlers: expected a clean exit, found "
                            "SIGSEGV after the run had ended\n"),
            std::string::npos)
      << result.err;
  EXPECT_EQ(results(record())["status"], "completed");
}

TEST_F(Supervise, AGoodRunIsTheSameRun) {
  const auto alone = host(tiny({"--json"}));
  const auto guarded = host(tiny({"--json", "--supervise", "--call-timeout", "60"}));
  ASSERT_EQ(guarded.exit_code, 0) << guarded.err;
  const auto document = nlohmann::json::parse(guarded.out);
  EXPECT_EQ(document["metrics"], nlohmann::json::parse(alone.out)["metrics"]);
  EXPECT_EQ(document["status"], "completed");
}

TEST_F(Supervise, ErrorsKeepTheirMessageAndExitCode) {
  for (const auto& words : {Words{"model.bufer-size=3"}, Words{"model=erx"}}) {
    const auto alone = host(tiny(words));
    const auto guarded = host(tiny(words + Words{"--supervise"}));
    EXPECT_EQ(guarded.exit_code, 2);
    EXPECT_EQ(guarded.err, alone.err);
    EXPECT_EQ(guarded.out, "");
  }
}

TEST_F(Supervise, WrongFlags) {
  expect_error(host({"train", "--call-timeout", "0"}), 2,
               "[usage]: train: expected seconds from 0.001 to 1000000 after --call-timeout, found "
               "\"0\"",
               "cl-host train --help");
  expect_error(host({"train", "--check=some"}), 2,
               "[usage]: train: expected --check=full, found --check=some",
               "cl-host train --check=full");
  expect_error(host({"train", "--call-record-fd", "0"}), 2,
               "[usage]: train: expected the page of a supervisor, found another descriptor",
               "use --supervise");
}

/// The signal goes to the supervisor alone, as from `kill`.
class SuperviseSignal : public Supervise {
 protected:
  void expect_interrupted(int signal, const std::string& name) const {
    Process process(request(tiny({"train.iterations=3000", "--json", "--supervise"})));
    EXPECT_TRUE(process.wait_for_error_text("task 1/5"));
    process.send(signal);
    const auto result = process.finish();
    EXPECT_EQ(result.exit_code, 128 + signal) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("\nwarning: interrupted by " + name + " in task "),
              std::string::npos);
    const auto document = results(record());
    EXPECT_EQ(document["status"], "interrupted");
    EXPECT_TRUE(document["matrices"]["class-il"]["rows"][0][0].is_number());
  }
};

TEST_F(SuperviseSignal, Sigint) {
  expect_interrupted(SIGINT, "SIGINT");
}

TEST_F(SuperviseSignal, Sigterm) {
  expect_interrupted(SIGTERM, "SIGTERM");
}

}  // namespace
}  // namespace clh::test
