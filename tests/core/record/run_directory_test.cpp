#include "core/record/run_directory.hpp"

#include "core/error.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace run_directory_test {

// 2026-11-21 10:15:00 UTC, by `date -u -d @1795256100`.
const auto kNow = std::chrono::system_clock::from_time_t(1795256100);

TEST(RunDirectory, IsNamedAfterTimeAndSeed) {
  const test::TemporaryDirectory directory;
  const auto run = RunDirectory::create(directory.path() / "runs", "er", 7, kNow);
  EXPECT_EQ(run.path(), directory.path() / "runs" / "er" / "20261121T101500Z-7");
  EXPECT_TRUE(std::filesystem::is_directory(run.path()));
}

TEST(RunDirectory, RunsInOneSecondGetASuffix) {
  const test::TemporaryDirectory directory;
  const auto name = [&](std::uint64_t seed) {
    return RunDirectory::create(directory.path(), "er", seed, kNow).path().filename().string();
  };
  EXPECT_EQ(name(0), "20261121T101500Z-0");
  EXPECT_EQ(name(0), "20261121T101500Z-0-2");
  EXPECT_EQ(name(0), "20261121T101500Z-0-3");
  EXPECT_EQ(name(1), "20261121T101500Z-1");
}

TEST(RunDirectory, NamesItsFiles) {
  const RunDirectory run("/r");
  EXPECT_EQ(run.config_toml(), "/r/config.toml");
  EXPECT_EQ(run.results_json(), "/r/results.json");
  EXPECT_EQ(run.metrics_csv(), "/r/metrics.csv");
  EXPECT_EQ(run.train_jsonl(), "/r/train.jsonl");
  EXPECT_EQ(run.log_txt(), "/r/log.txt");
}

TEST(RunDirectory, RefusesNamesThatLeaveTheRoot) {
  const test::TemporaryDirectory directory;
  for (const auto& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                           std::string("a\0b", 3)}) {
    EXPECT_THROW(RunDirectory::create(directory.path(), name, 0, kNow), Error) << name;
  }
  EXPECT_EQ(directory.entries(), 0);
}

TEST(RunDirectory, SaysWhyItCannotBeCreated) {
  const test::TemporaryDirectory directory;
  std::ofstream(directory.path() / "runs") << "a file in the way";
  try {
    RunDirectory::create(directory.path() / "runs", "er", 0, kNow);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.slug(), "unwritable");
    EXPECT_EQ(error.exit_code(), kExitUsage);
    EXPECT_EQ(error.what(),
              (directory.path() / "runs" / "er").string() +
                  ": expected a directory that can be created, found Not a directory");
  }
}

}  // namespace run_directory_test
}  // namespace clh::core
