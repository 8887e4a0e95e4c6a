// Plugins in C, of another compiler than the host's (clang, where that is g++), stripped, optimised
// at link time: in one training with the built-in ones, and with the same numbers.
#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace {

namespace fs = std::filesystem;

std::string built(const std::string& plugin) {
  return in_build(std::string("tests/abi/plugins/") + plugin + ".so");
}

// Set when CMake found a second compiler; otherwise what needs it is skipped and says so.
constexpr char kNoOtherCompiler[] =
    "no second C++ compiler beside the host's: apt-get install clang, then configure again";

bool other_compiler() {
  return std::string(CLH_OTHER_CXX) != "CLH_OTHER_CXX-NOTFOUND";
}

class TwoCompilers : public HostTest {
 protected:
  /// The record of a run. Its curve has the loss of every step in full precision, so equal curves
  /// mean equal parameters all along.
  fs::path run(const std::string& name, const Words& words) const {
    const auto result = host(Words{"train", "run.dir=runs/" + name, "run.seed=3"} + words);
    EXPECT_EQ(result.exit_code, 0) << name << ": " << result.err;
    for (const auto& record : records()) {
      if (record.parent_path().parent_path().filename() == name) {
        return record;
      }
    }
    ADD_FAILURE() << "expected a record below " << name << ", found none";
    return folder();
  }

  static void expect_same(const fs::path& a, const fs::path& b) {
    EXPECT_EQ(results(a)["metrics"], results(b)["metrics"]);
    EXPECT_EQ(results(a)["matrices"], results(b)["matrices"]);
    EXPECT_EQ(file_bytes(a / "train.jsonl"), file_bytes(b / "train.jsonl"));
  }

  /// The file that a plugin id came from.
  static std::string file_of(const fs::path& record, const std::string& id) {
    const auto document = results(record);
    for (const auto& plugin : document["environment"]["plugins"]) {
      if (plugin["id"] == id) {
        return plugin["path"];
      }
    }
    return "no plugin " + id;
  }

  /// A network of look-up tables on the dataset and the encoder in C, with some node.
  static Words look_up_tables(const std::string& node, const std::string& widths = "[60,40]") {
    return {"--plugin",
            built("c_stripes"),
            "--plugin",
            built("c_threshold"),
            "dataset=c-stripes",
            "model=er",
            "train.iterations=20",
            "optimizer.lr=1",
            "backbone=lut",
            "backbone.encoder=c-threshold",
            "backbone.widths=" + widths,
            "backbone.layer.fan-in=4",
            "backbone.layer.node=" + node};
  }
  static Words replay() {
    return {"dataset=tiny-pictures", "model=er", "model.buffer-size=40", "train.iterations=20"};
  }
};

TEST_F(TwoCompilers, ThreePluginsInCTrainAndLearn) {
  const auto record = run("c", look_up_tables("c-neuron", "[200]") +
                                   Words{"--plugin", built("c_neuron"), "train.iterations=60"});
  EXPECT_EQ(file_of(record, "org.clh.test.c-stripes"), built("c_stripes"));
  EXPECT_EQ(file_of(record, "org.clh.test.c-threshold"), built("c_threshold"));
  EXPECT_EQ(file_of(record, "org.clh.test.c-neuron"), built("c_neuron"));
  // Ten classes: by chance 0.1. The bright pixels of a class are plain to see.
  EXPECT_GT(results(record)["metrics"]["class-il/average-accuracy"], 0.9);
}

TEST_F(TwoCompilers, ThePluginsInCPassValidation) {
  const auto result =
      host({"validate", built("c_stripes"), built("c_threshold"), built("c_neuron")});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(TwoCompilers, TheNodeInCAndTheSameInCxxGiveTheSameNumbers) {
  const auto c = run("c", look_up_tables("c-neuron") + Words{"--plugin", built("c_neuron")});
  const auto usual = run("usual", look_up_tables("neuron") + Words{"--plugin", built("neuron")});
  EXPECT_EQ(file_of(usual, "org.clh.test.neuron"), built("neuron"));
  expect_same(c, usual);
}

TEST_F(TwoCompilers, ANodeWhoseTableEndsEarlyGivesTheSameNumbers) {
  const auto whole =
      run("whole", look_up_tables("c-neuron") + Words{"--plugin", built("c_neuron")});
  const auto early =
      run("early", look_up_tables("c-neuron") + Words{"--plugin", built("c_neuron_short")});
  EXPECT_EQ(file_of(early, "org.clh.test.c-neuron"), built("c_neuron_short"));
  expect_same(whole, early);
}

TEST_F(TwoCompilers, ANodeOfBothCompilersGivesTheSameNumbers) {
  if (!other_compiler()) {
    GTEST_SKIP() << kNoOtherCompiler;
  }
  const auto usual = run("usual", look_up_tables("neuron") + Words{"--plugin", built("neuron")});
  const auto other =
      run("other", look_up_tables("neuron") + Words{"--plugin", built("neuron_other")});
  EXPECT_EQ(file_of(other, "org.clh.test.neuron"), built("neuron_other"));
  expect_same(usual, other);
}

TEST_F(TwoCompilers, AModelOfTheOtherCompilerAndTheBuiltInOneGiveTheSameNumbers) {
  if (!other_compiler()) {
    GTEST_SKIP() << kNoOtherCompiler;
  }
  const auto usual = run("usual", replay());
  const auto other = run("other", replay() + Words{"--plugin", built("er_other")});
  EXPECT_EQ(file_of(usual, "org.clh.er"), in_build("lib/cl-host/plugins/er.so"));
  EXPECT_EQ(file_of(other, "org.clh.er"), built("er_other"));
  expect_same(usual, other);
}

TEST_F(TwoCompilers, AStrippedModelWithLinkTimeOptimisationAndAssertionsGivesTheSameNumbers) {
  const auto usual = run("usual", replay());
  const auto unusual = run("unusual", replay() + Words{"--plugin", built("er_unusual")});
  EXPECT_EQ(file_of(unusual, "org.clh.er"), built("er_unusual"));
  expect_same(usual, unusual);
}

TEST_F(TwoCompilers, AnEncoderWithoutRttiGivesTheSameNumbers) {
  const Words words =
      replay() + Words{"backbone=lut", "backbone.widths=[40]", "train.iterations=5"};
  const auto usual = run("usual", words);
  const auto unusual = run("unusual", words + Words{"--plugin", built("thermometer_without_rtti")});
  EXPECT_EQ(file_of(unusual, "org.clh.thermometer"), built("thermometer_without_rtti"));
  expect_same(usual, unusual);
}

}  // namespace
}  // namespace clh::test
