// What the plan decides is said before the first step: options that cannot go with the stream.
#include "tests/host/host_test.hpp"

namespace clh::test {
namespace bad_plan_test {

namespace fs = std::filesystem;

class BadPlan : public HostTest {};

// A model is not told the totals; the host compares what it declares with the plan.
TEST_F(BadPlan, AMemoryTooSmallForTheStream) {
  struct Case {
    Words words;
    const char *text, *fix;
  };
  const std::vector<Case> cases = {
      {{"model=icarl", "model.buffer-size=9", "head=incremental"},
       "expected at least 10, one for each of the stream's 10 classes, found 9",
       "set model.buffer-size=10 or more"},
      {{"model=bic", "model.buffer-size=19", "head=incremental"},
       "expected at least 20, 2 for each of the stream's 10 classes, found 19",
       "set model.buffer-size=20 or more"},
      {{"model=er", "model.policy=ring", "model.buffer-size=9", "head=incremental"},
       "expected at least 10, one for each of the stream's 10 classes, found 9",
       "set model.buffer-size=10 or more"},
      {{"model=fdr", "model.buffer-size=4", "head=incremental"},
       "expected at least 5, one for each of the stream's 5 tasks, found 4",
       "set model.buffer-size=5 or more"}};
  for (const auto& [words, text, fix] : cases) {
    for (const char* way : {"--dry-run", "--json"}) {
      expect_error(host(tiny({way}) + words), 2,
                   std::string("[bad-option]: [model] buffer-size: ") + text, fix);
    }
  }
  EXPECT_EQ(host(tiny({"--dry-run", "model=er", "model.buffer-size=9"})).exit_code, 0)
      << "a reservoir may be smaller";
  EXPECT_FALSE(fs::exists(folder() / "runs"));
}

// 8x8 pictures are one pixel at the end of resnet18; 40 samples a task leave one of batches of 13.
TEST_F(BadPlan, WhatNormalizationCannotDo) {
  const Words small{"model=sgd", "backbone=resnet18", "backbone.width=2"};
  for (const char* way : {"--dry-run", "--json"}) {
    const auto one = host(tiny({way, "train.batch-size=13"}) + small);
    EXPECT_EQ(one.exit_code, 2);
    EXPECT_EQ(one.err.find("error[bad-option]: [train] batch-size: expected batches that the "
                           "backbone resnet18 can train on, found one sample in the last of task 0 "
                           "("),
              0U)
        << one.err;
    EXPECT_NE(one.err.find("fix: set train.drop-last=true, or another train.batch-size\n"),
              std::string::npos)
        << one.err;
    const auto pixel = host(tiny({way, "backbone.norm=instance"}) + small);
    EXPECT_EQ(pixel.exit_code, 2);
    EXPECT_NE(pixel.err.find("[backbone] norm: expected batch, or samples larger than 8x8"),
              std::string::npos)
        << pixel.err;
  }
  for (const char* mend : {"train.drop-last=true", "train.batch-size=14"}) {
    const auto mended =
        host(tiny({"--json", "run.record=false", "train.batch-size=13"}) + small + Words{mend});
    EXPECT_EQ(mended.exit_code, 0) << mended.err;
  }
  EXPECT_FALSE(fs::exists(folder() / "runs"));
}

// Memory is taken by need, not by setting.
TEST_F(BadPlan, AHugeMemoryIsNoFault) {
  const auto huge = host(tiny({"--json", "run.record=false", "model.buffer-size=2000000000"}));
  EXPECT_EQ(huge.exit_code, 0) << huge.err;
}

// What the plan decides is said before the first step.
TEST_F(BadPlan, WhatALaterTaskCannotDo) {
  for (const char* way : {"--dry-run", "--json"}) {
    expect_error(host(tiny({way, "stream.classes-per-task=[9,1]", "train.batch-size=30",
                            "train.drop-last=true"})),
                 2,
                 "[bad-option]: [train] batch-size: expected at most the 20 samples of task 1 with "
                 "drop-last, found 30",
                 "lower train.batch-size or set train.drop-last=false");
  }
  EXPECT_FALSE(fs::exists(folder() / "runs"));
}

TEST_F(BadPlan, StreamOptionsWithoutEffect) {
  expect_error(host(tiny({"--json", "stream.validation=0.2"})), 2,
               "[bad-option]: [stream] validation: expected 0, because no number is computed from "
               "held-out samples yet, found more",
               "leave out stream.validation");
}

}  // namespace bad_plan_test
}  // namespace clh::test
