// However a process ends while a model lives: no crash, and the exit code is kept.
#include <csignal>

#include "tests/support/places.hpp"
#include "tests/support/run_process.hpp"
#include <gtest/gtest.h>

namespace clh::test {
namespace {

ProcessResult end_by(const std::string& way, const std::string& model) {
  ProcessRequest request;
  request.command = {in_build("bin/exit_probe"),
                     way,
                     "dataset=tiny",
                     "model=" + model,
                     "backbone=mlp",
                     "backbone.width=8",
                     "train.iterations=3"};
  request.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // some leave their model on purpose
  return run_process(request);
}

void expect_code(const std::string& way, const std::string& model = "er") {
  const auto result = end_by(way, model);
  EXPECT_EQ(result.exit_code, 7) << way << ", signal " << result.signal << "\n" << result.err;
  EXPECT_EQ(result.err, "") << way;
}

TEST(ExitOrder, MainReturns) {
  expect_code("return");
  expect_code("return", "lwf");
}

TEST(ExitOrder, AStaticModelOutlivesThePluginsStatics) {
  expect_code("static");
  expect_code("static", "lwf");
}

TEST(ExitOrder, ALeakedModelIsNeverDestroyed) {
  expect_code("leaked");
}

TEST(ExitOrder, ExitWithALiveModel) {
  expect_code("exit");
  expect_code("exit", "lwf");
  expect_code("exit-in-a-thread");
}

TEST(ExitOrder, QuickExit) {
  expect_code("quick-exit");
  expect_code("quick-exit", "lwf");
}

TEST(ExitOrder, AnExceptionThatMainCatches) {
  expect_code("caught-exception");
}

TEST(ExitOrder, AnExceptionOutOfMainAborts) {
  const auto result = end_by("exception", "er");
  EXPECT_EQ(result.signal, SIGABRT) << result.err;
  EXPECT_NE(result.err.find("out of main"), std::string::npos) << result.err;
}

TEST(ExitOrder, Sigterm) {
  const auto result = end_by("sigterm", "er");
  EXPECT_EQ(result.signal, SIGTERM) << result.err;
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace clh::test
