// HostTest: runs the real cl-host in a directory of its own.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/places.hpp"
#include "tests/support/run_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clh::test {

using Words = std::vector<std::string>;

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The file of the host under test: this build's, unless $CLH_TEST_HOST names another.
inline std::string tested_host() {
  const char* named = std::getenv("CLH_TEST_HOST");
  return named == nullptr ? in_build("bin/cl-host") : named;
}

class HostTest : public ::testing::Test {
 protected:
  const std::filesystem::path& folder() const { return directory_.path(); }

  /// Owner: the caller may change the request before it is run.
  ProcessRequest request(const Words& arguments) const {
    ProcessRequest request;
    request.command = Words{tested_host()} + arguments;
    request.directory = folder();
    // No plugin of the user, none of the environment: "" alone would be refused as an entry.
    request.environment = {{"HOME", folder()}, {"CLH_PLUGIN_PATH", in_build("tests/host/plugins")}};
    // A host under AddressSanitizer dies of a plugin's signal like any other; what LibTorch keeps
    // to the end is leak_test's.
    request.environment["ASAN_OPTIONS"] =
        "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:detect_leaks=0:"
        "allocator_may_return_null=1:quarantine_size_mb=1";
    return request;
  }

  ProcessResult host(const Words& arguments) const { return run_process(request(arguments)); }

  /// A train on ten classes of 20 pictures of 8x8, five steps a task: little more than the start.
  static Words tiny(const Words& more = {}) {
    return Words{"train", "dataset=tiny-pictures", "train.iterations=5"} + more;
  }

  /// Every record below `runs`, in the order of their names.
  std::vector<std::filesystem::path> records() const {
    std::vector<std::filesystem::path> found;
    for (const auto& item : std::filesystem::recursive_directory_iterator(folder() / "runs")) {
      if (item.path().filename() == "config.toml") {
        found.push_back(item.path().parent_path());
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  /// The only record.
  std::filesystem::path record() const {
    const auto all = records();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? folder() : all[0];
  }

  static nlohmann::json results(const std::filesystem::path& record) {
    return nlohmann::json::parse(file_bytes(record / "results.json"));
  }

  /// A folder with copies of some of this build's plugins.
  std::filesystem::path copy_plugins(const std::string& name, const Words& plugins) const {
    const auto to = folder() / name;
    std::filesystem::create_directories(to);
    for (const auto& plugin : plugins) {
      std::filesystem::copy_file(in_build("lib/cl-host/plugins/" + plugin + ".so"),
                                 to / (plugin + ".so"));
    }
    return to;
  }

 private:
  TemporaryDirectory directory_;
};

/// Expects the whole of standard error to be this message, and nothing on standard output.
inline void expect_error(const ProcessResult& result, int exit_code, const std::string& message,
                         const std::string& fix) {
  EXPECT_EQ(result.exit_code, exit_code);
  EXPECT_EQ(result.err, "error" + message + "\n  fix: " + fix + "\n");
  EXPECT_EQ(result.out, "");
}

}  // namespace clh::test
