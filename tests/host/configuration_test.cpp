#include "tests/host/host_test.hpp"

namespace clh::test {
namespace configuration_test {

/// All tests here look at --dry-run: the resolved configuration and the plan.
class Configuration : public HostTest {
 protected:
  std::string dry_run(const Words& words) const {
    const auto result = host(Words{"train", "--dry-run"} + words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return result.out;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(Configuration, DryRunPrintsConfigurationAndPlanAndLeavesNothing) {
  const auto text = dry_run({"dataset=tiny-pictures", "--seed", "9"});
  EXPECT_EQ(text.find("benchmark = \"none\"\n\n[run]\nseed = 9\nthreads = 1\n"), 0U) << text;
  EXPECT_TRUE(has(text, "\n[model]\nname = \"er\"\nbuffer-size = 500\nminibatch = 10\n")) << text;
  EXPECT_TRUE(has(text, "\nclass-il stream: 5 tasks, 5 experiences, 10 outputs, samples 1x8x8\n"))
      << text;
  EXPECT_TRUE(has(text, "\n   4  i, j     8..9        40    10      0  none       ")) << text;
  EXPECT_FALSE(std::filesystem::exists(folder() / "runs"));
}

TEST_F(Configuration, BenchmarkComesFirstWhereverItStands) {
  const auto last = dry_run({"dataset=tiny-pictures", "stream.tasks=4", "model.buffer-size=77",
                             "benchmark=permuted-fashion-mnist"});
  EXPECT_EQ(last, dry_run({"benchmark=permuted-fashion-mnist", "dataset=tiny-pictures",
                           "stream.tasks=4", "model.buffer-size=77"}));
  EXPECT_TRUE(has(last, "name = \"permuted\"")) << last;
  EXPECT_TRUE(has(last, "tasks = 4\n")) << last;
  EXPECT_TRUE(has(last, "buffer-size = 77\n")) << last;
  EXPECT_TRUE(has(last, "minibatch = 128\n")) << last;
}

TEST_F(Configuration, AnotherModelDropsTheOldOptions) {
  const auto der = dry_run({"dataset=tiny-pictures", "model=der"});
  EXPECT_TRUE(has(der, "\n[model]\nname = \"der\"\n")) << der;
  EXPECT_FALSE(has(der, "minibatch = 10\n")) << "the preset's minibatch belongs to er:\n" << der;
  const auto sgd = dry_run({"dataset=tiny-pictures", "model=sgd"});
  EXPECT_TRUE(has(sgd, "\n[model]\nname = \"sgd\"\n\n[optimizer]")) << sgd;
}

// Three tasks of ten classes: 10 outputs are shared, 30 would be class-il's.
TEST_F(Configuration, AStreamAloneHasTheScenarioThatTheFieldMeans) {
  const auto planned = [&](const Words& words) {
    const auto text = dry_run(Words{"dataset=tiny-pictures"} + words);
    const auto at = text.find(" stream: ");
    const auto line = text.rfind('\n', at) + 1;
    return text.substr(line, text.find(", samples ", at) - line);
  };
  EXPECT_EQ(planned({}), "class-il stream: 5 tasks, 5 experiences, 10 outputs");
  EXPECT_EQ(planned({"stream=class-split"}), "class-il stream: 5 tasks, 5 experiences, 10 outputs");
  for (const std::string stream : {"permuted", "rotated"}) {
    SCOPED_TRACE(stream);
    const Words three = {"stream=" + stream, "stream.tasks=3"};
    EXPECT_EQ(planned(three), "domain-il stream: 3 tasks, 3 experiences, 10 outputs");
    EXPECT_EQ(planned(Words{"benchmark=none", "backbone=mlp", "model=er"} + three),
              "domain-il stream: 3 tasks, 3 experiences, 10 outputs");
    EXPECT_EQ(planned(three + Words{"stream.scenario=class-il"}),
              "class-il stream: 3 tasks, 3 experiences, 30 outputs");
    const Words joint = {"stream=joint", "stream.of=" + stream, "stream.tasks=3"};
    EXPECT_EQ(planned(joint), "domain-il stream: 3 tasks, 1 experience, 10 outputs");
    EXPECT_EQ(planned(joint + Words{"stream.scenario=task-il"}),
              "task-il stream: 3 tasks, 1 experience, 30 outputs");
  }
  EXPECT_EQ(planned({"stream=joint"}), "class-il stream: 5 tasks, 1 experience, 10 outputs");
}

TEST_F(Configuration, FileThenOverrides) {
  std::ofstream(folder() / "job.toml") << "[dataset]\nname = \"tiny-pictures\"\n[model]\nname = "
                                          "\"er\"\nbuffer-size = 33\n[train]\nepochs = 2\n";
  const auto text = dry_run({"job.toml", "train.epochs=3"});
  EXPECT_TRUE(has(text, "buffer-size = 33\n")) << text;
  EXPECT_TRUE(has(text, "epochs = 3\n")) << text;
}

TEST_F(Configuration, DamagedFileNamesThePlace) {
  std::ofstream(folder() / "job.toml") << "[train]\nepochs = = 2\n";
  const auto result = host({"train", "job.toml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err.find("error[bad-config]: job.toml line 2 column 10: expected TOML, found a "
                            "syntax error: "),
            0U)
      << result.err;
  EXPECT_TRUE(has(result.err, "\n  fix: correct that line\n"));
}

}  // namespace configuration_test
}  // namespace clh::test
