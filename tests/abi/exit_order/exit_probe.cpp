// exit_probe WAY key=value ...
// Trains a little and ends the process with the model alive, in one of the ways in which a program
// can end. Exit code 7 unless the way has one of its own.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/support/test_run.hpp"

namespace {

constexpr int kCode = 7;

using clh::test::TestRun;

/// Destroyed by the exit handlers, after those of the plugins, which were loaded later.
TestRun& static_run(const std::vector<std::string>& words) {
  static TestRun run(words);
  return run;
}

int end(const std::string& way, TestRun& run) {
  run.train(5);
  if (way == "quick-exit") {
    std::quick_exit(kCode);
  }
  if (way == "exit") {
    std::exit(kCode);
  }
  if (way == "exit-in-a-thread") {
    std::thread([] { std::exit(kCode); }).join();
  }
  if (way == "exception" || way == "caught-exception") {
    throw std::runtime_error("out of main");
  }
  if (way == "sigterm") {
    std::raise(SIGTERM);
  }
  return kCode;
}

int leave(const std::string& way, const std::vector<std::string>& words) {
  if (way == "static") {
    return end(way, static_run(words));
  }
  if (way == "leaked") {
    return end(way, *new TestRun(words));
  }
  TestRun run(words);
  return end(way, run);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 2, argv + argc);
  const std::string way = argv[1];
  if (way != "caught-exception") {
    return leave(way, words);
  }
  try {
    return leave(way, words);
  } catch (const std::runtime_error&) {
    return kCode;
  }
}
