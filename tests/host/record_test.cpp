#include <regex>
#include <set>

#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace record_test {

namespace fs = std::filesystem;

class Record : public HostTest {
 protected:
  fs::path run(const std::string& name, const Words& words) const {
    const auto result = host(words + Words{"run.dir=runs/" + name, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    for (const auto& record : records()) {
      if (record.parent_path().parent_path().filename() == name) {
        return record;
      }
    }
    ADD_FAILURE() << "expected a record below " << name;
    return folder();
  }
  static void expect_same(const fs::path& a, const fs::path& b) {
    EXPECT_EQ(results(a)["metrics"], results(b)["metrics"]);
    EXPECT_EQ(results(a)["matrices"], results(b)["matrices"]);
    EXPECT_EQ(file_bytes(a / "train.jsonl"), file_bytes(b / "train.jsonl"));
    EXPECT_EQ(file_bytes(a / "metrics.csv"), file_bytes(b / "metrics.csv"));
  }
};

TEST_F(Record, HoldsAllItsFiles) {
  const auto record = run("a", tiny({"run.seed=7"}));
  EXPECT_TRUE(std::regex_match(record.string(),
                               std::regex(folder().string() + "/runs/a/split-fashion-mnist-er/"
                                                              "\\d{8}T\\d{6}Z-7")))
      << record;
  std::set<std::string> names;
  for (const auto& item : fs::directory_iterator(record)) {
    names.insert(item.path().filename());
  }
  EXPECT_EQ(names, (std::set<std::string>{"config.toml", "log.txt", "metrics.csv", "results.json",
                                          "train.jsonl"}));
  const auto document = results(record);
  EXPECT_EQ(document["status"], "completed");
  const auto& environment = document["environment"];
  for (const auto* key : {"cl-host-version", "torch-version", "blas", "cpu-model", "cpu-capability",
                          "compiler", "os"}) {
    EXPECT_NE(environment[key], "") << key;
  }
  EXPECT_NE(environment["blas"].get<std::string>().find("blis"), std::string::npos);
  EXPECT_EQ(environment["threads"], 1);
  ASSERT_EQ(environment["plugins"].size(), 3U);
  const auto& er = environment["plugins"][2];
  EXPECT_EQ(er["id"], "org.clh.er");
  EXPECT_EQ(er["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(er["path"], in_build("lib/cl-host/plugins/er.so"));
  EXPECT_EQ(environment["dataset"]["sha256"].get<std::string>().size(), 64U);
  const auto curve = file_bytes(record / "train.jsonl");
  EXPECT_EQ(std::count(curve.begin(), curve.end(), '\n'), 25);
  EXPECT_EQ(nlohmann::json::parse(curve.substr(0, curve.find('\n')))["rate"], 0.1);
  const auto log = file_bytes(record / "log.txt");
  EXPECT_NE(log.find("model er on tiny-pictures, seed 7"), std::string::npos) << log;
  EXPECT_NE(log.find("task 5/5 learned: class-il "), std::string::npos) << log;
  EXPECT_NE(log.find("completed after 25 steps"), std::string::npos) << log;
}

TEST_F(Record, SameSeedSameBytesOtherSeedOthers) {
  const auto first = run("a", tiny({"run.seed=3"}));
  expect_same(first, run("b", tiny({"run.seed=3"})));
  const auto other = run("c", tiny({"run.seed=4"}));
  EXPECT_NE(file_bytes(first / "train.jsonl"), file_bytes(other / "train.jsonl"));
  EXPECT_NE(results(first)["matrices"], results(other)["matrices"]);
}

TEST_F(Record, ItsConfigurationRepeatsTheRun) {
  const auto first = run("a", tiny({"model=der", "model.alpha=0.3", "run.seed=5",
                                    "backbone.width=20", "optimizer=adam", "optimizer.lr=0.01"}));
  const auto again = run("b", {"train", first / "config.toml"});
  expect_same(first, again);
  EXPECT_EQ(again.parent_path().filename(), "split-fashion-mnist-der");
}

TEST_F(Record, TwoRunsInOneSecondStayApart) {
  const auto words = tiny({"--json", "train.iterations=1", "eval.unseen-tasks=false"});
  Process a(request(words)), b(request(words));
  EXPECT_EQ(a.finish().exit_code, 0);
  EXPECT_EQ(b.finish().exit_code, 0);
  EXPECT_EQ(records().size(), 2U);
}

}  // namespace record_test
}  // namespace clh::test
