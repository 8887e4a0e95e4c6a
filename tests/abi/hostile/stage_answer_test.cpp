// What a plugin answers that cannot be: sizes, shapes and messages.
#include <map>

#include "tests/abi/hostile/hostile_test.hpp"

namespace clh::test {
namespace {

const std::string kAuthor = "report it to the plugin's author";

class StageAnswer : public HostileTest {
 protected:
  /// The dataset with one lie in its info.
  std::filesystem::path liar(const std::string& lie) const {
    return build("well_behaved", {"well_behaved.c"}, {"-DLIE=" + lie});
  }
  void expect_caught(const std::string& lie, const std::string& message) const {
    SCOPED_TRACE(lie);
    expect_error(host(train_with(liar(lie))), 3,
                 "[plugin-error]: org.clh.test.well-behaved 1.0.0 in info: " + message, kAuthor);
  }
  /// A failing open of the dataset, whose message is a macro's.
  ProcessResult opened_with(const std::string& macro) const {
    return host(train_with(build("well_behaved", {"well_behaved.c"}, {"-D" + macro})));
  }
  /// Expects these checks of a component to fail, and each to say what it expected.
  static void expect_found(const ProcessRequest& validate,
                           const std::map<std::string, std::string>& expected) {
    const auto result = run_process(validate);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    const auto document = nlohmann::json::parse(result.out, nullptr, false);
    ASSERT_TRUE(document.is_object()) << result.out;
    std::map<std::string, std::string> failed;
    for (const auto& check : document["files"][0]["checks"]) {
      if (check["verdict"] == "failed" && check["component"] != "") {
        failed[check["name"]] = check["expected"];
      }
    }
    EXPECT_EQ(failed, expected) << result.out;
  }
  /// A network of a component that says this of its shape.
  ProcessResult shaped(const std::string& rank, const std::string& dim,
                       const Words& network) const {
    auto asked = request(tiny({"--plugin", build("shapes", {"shapes.c"}), "model=sgd"}) + network);
    asked.environment["CLH_HOSTILE_RANK"] = rank;
    asked.environment["CLH_HOSTILE_DIM"] = dim;
    return run_process(asked);
  }
};

TEST_F(StageAnswer, TheTruthIsAccepted) {
  EXPECT_EQ(host(train_with(liar("(void)0"))).exit_code, 0);
  EXPECT_EQ(host(train_with(liar("table.struct_size+=8"))).exit_code, 0) << "a newer header";
  EXPECT_EQ(host(train_with(liar("table.struct_size=128"))).exit_code, 0) << "no optional member";
}

TEST_F(StageAnswer, TheInfosSizeAndTypes) {
  expect_caught("table.struct_size=8", "expected an info of 128 bytes or more, found 8");
  expect_caught("table.struct_size=0", "expected an info of 128 bytes or more, found 0");
  expect_caught("table.dtype=7", "expected dtype u8 or f32, found 7");
  expect_caught("return 0", "expected an info, found none");
}

TEST_F(StageAnswer, SamplesThatCannotBe) {
  for (const std::string rank : {"-3", "0", "8", "900", "1000000000"}) {
    expect_caught("table.sample.rank=" + rank, "expected a rank of 1 to 7, found " + rank);
  }
  expect_caught("table.sample.dim[1]=0", "expected dimensions of 1 or more, found [1, 0, 2]");
  expect_caught("table.sample.dim[0]=-5", "expected dimensions of 1 or more, found [-5, 2, 2]");
  expect_caught("table.sample.dim[2]=1LL<<40",
                "expected a shape of at most 2147483648 values, found [1, 2, 1099511627776]");
  expect_caught("table.sample.dim[1]=table.sample.dim[2]=1LL<<62",
                "expected a shape of at most 2147483648 values, found [1, 4611686018427387904, "
                "4611686018427387904]");
}

TEST_F(StageAnswer, SizesOfSplits) {
  expect_caught("table.size[0]=-5", "expected a train split of -1 samples or more, found -5");
  expect_caught("if(opened)table.size[0]=-5",
                "expected a train split of 0 samples or more, found -5");
  expect_caught("table.size[1]=-1", "expected a test split of 0 samples or more, found -1");
  expect_caught("table.size[2]=1LL<<60",
                "expected a valid split of at most 35184372088832 samples, found "
                "1152921504606846976");
  const auto huge = host(train_with(liar("table.size[0]=1LL<<44")));
  EXPECT_EQ(huge.exit_code, 2);
  EXPECT_NE(
      huge.err.find("error[bad-data]: dataset well-behaved: expected memory for samples "
                    "[17592186044416, 1, 2, 2], found too little\n  fix: choose a smaller dataset, "
                    "or a machine with more memory\n"),
      std::string::npos)
      << huge.err;
}

TEST_F(StageAnswer, ClassesAndValues) {
  expect_caught("table.n_classes=0", "expected 1 to 1048576 classes, found 0");
  expect_caught("table.n_classes=2000000000000",
                "expected 1 to 1048576 classes, found 2000000000000");
  expect_caught("static const char*names[4];table.classes=names",
                "expected a name for each class, found none for class 0");
  expect_caught("table.low=5;table.high=2",
                "expected a range of values from low to high, found 5.000000 to 2.000000");
  expect_caught("table.high=1/0.0",
                "expected a range of values from low to high, found 0.000000 to inf");
  expect_caught("static const double none=0;table.mean=table.std=&none",
                "expected a finite mean and a positive deviation for each channel, found 0.000000 "
                "and 0.000000");
}

TEST_F(StageAnswer, WhatChangesWhenTheFilesAreOpened) {
  expect_caught("if(opened)table.sample.rank=900", "expected a rank of 1 to 7, found 900");
  expect_caught("if(opened)table.n_classes=0", "expected 1 to 1048576 classes, found 0");
  expect_caught("if(opened)return 0", "expected an info, found none");
}

TEST_F(StageAnswer, ValidateNamesIt) {
  const std::string data = "behave.info|behave.data", rank = "a rank of 1 to 7";
  expect_found(request({"validate", liar("table.sample.rank=900"), "--json", "--include", data}),
               {{"behave.data", rank}, {"behave.info", rank}});
  const std::string train = "a train split of -1 samples or more";
  expect_found(request({"validate", liar("table.size[0]=-5"), "--json", "--include", data}),
               {{"behave.data", train}, {"behave.info", train}});
  auto encoder = request({"validate", build("shapes", {"shapes.c"}), "--json", "--include",
                          "encoder:hostile-shape behave.bits"});
  encoder.environment["CLH_HOSTILE_RANK"] = "900";
  expect_found(encoder, {{"behave.bits", rank}});
}

TEST_F(StageAnswer, ShapesOfAnEncoderAndALayer) {
  const std::string guilty =
      "[plugin-error]: org.clh.lut 0.1.0 in create: org.clh.hostile.shape 0.1.0 in output_shape: ";
  for (const std::string part : {"encoder", "layer"}) {
    const Words network = {"backbone=lut", "backbone." + part + "=hostile-shape"};
    for (const std::string rank : {"-1", "0", "900", "1000000000"}) {
      expect_error(shaped(rank, "2", network), 3,
                   guilty + "expected a rank of 1 to 7, found " + rank, kAuthor);
    }
    expect_error(shaped("2", "0", network), 3,
                 guilty + "expected dimensions of 1 or more, found [0, 2]", kAuthor);
    expect_error(shaped("1", "1099511627776", network), 3,
                 guilty + "expected a shape of at most 2147483648 values, found [1099511627776]",
                 kAuthor);
  }
}

TEST_F(StageAnswer, ShapeOfABackbone) {
  const std::string guilty = "[plugin-error]: org.clh.hostile.shape 0.1.0 in feature_shape: ";
  for (const std::string rank : {"-1", "900", "1000000000"}) {
    expect_error(shaped(rank, "2", {"backbone=hostile-shape"}), 3,
                 guilty + "expected a rank of 0 to 7, found " + rank, kAuthor);
  }
  expect_error(shaped("1", "-7", {"backbone=hostile-shape"}), 3,
               guilty + "expected dimensions of 1 or more, found [-7]", kAuthor);
}

TEST_F(StageAnswer, AMessageWithoutAnEnd) {
  const std::string all(kMessage, 'm');
  expect_error(opened_with("MUMBLE=CLH_E_IO"), 2, "[missing-data]: dataset well-behaved: " + all,
               "nothing to get");
  expect_error(opened_with("MUMBLE=CLH_E_INTERNAL"), 3,
               "[plugin-error]: org.clh.test.well-behaved 1.0.0 in open: " + all, kAuthor);
}

TEST_F(StageAnswer, AMessageThatSteersTheTerminal) {
  expect_error(opened_with("STEER=CLH_E_INVALID"), 2,
               "[bad-data]: dataset well-behaved: expected a line,?found ?[31mtwo",
               "correct its files, or get them anew: nothing to get");
  expect_error(
      opened_with("STEER=CLH_E_STATE"), 3,
      "[plugin-error]: org.clh.test.well-behaved 1.0.0 in open: expected a line,?found ?[31mtwo",
      kAuthor);
}

}  // namespace
}  // namespace clh::test
