#include "core/plugins/search_path.hpp"

#include <filesystem>

#include "tests/support/error_of.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace search_path_test {

SearchOptions every_option() {
  SearchOptions options;
  options.files = {"/f/b.so", "/f/a.so"};
  options.dirs = {"/d/2", "/d/1"};
  options.env_path = "/e/2:/e/1";
  options.home = "/home/u";
  options.executable = "/usr/bin/cl-host";
  options.libdir = "lib/x86_64-linux-gnu";
  options.extra_rights = false;
  return options;
}

std::vector<std::string> lines(const SearchOptions& options) {
  std::vector<std::string> result;
  for (const SearchPlace& place : search_places(options)) {
    result.push_back(std::string(to_string(place.origin)) + " " + place.path.string());
  }
  return result;
}

using Lines = std::vector<std::string>;

TEST(SearchPath, KeepsTheOrderOfTheLevels) {
  EXPECT_EQ(lines(every_option()),
            (Lines{"--plugin /f/b.so", "--plugin /f/a.so", "--plugin-dir /d/2", "--plugin-dir /d/1",
                   "CLH_PLUGIN_PATH /e/2", "CLH_PLUGIN_PATH /e/1",
                   "user /home/u/.local/lib/cl-host/plugins",
                   "installed /usr/lib/x86_64-linux-gnu/cl-host/plugins"}));
}

TEST(SearchPath, NoDefaultPluginsLeavesWhatTheCommandLineNames) {
  SearchOptions options = every_option();
  options.no_default_plugins = true;
  options.env_path = "not-even-looked-at";
  EXPECT_EQ(lines(options), (Lines{"--plugin /f/b.so", "--plugin /f/a.so", "--plugin-dir /d/2",
                                   "--plugin-dir /d/1"}));
}

TEST(SearchPath, ExtraRightsIgnoreTheEnvironment) {
  SearchOptions options = every_option();
  options.files.clear();
  options.dirs.clear();
  options.extra_rights = true;
  EXPECT_EQ(lines(options), (Lines{"installed /usr/lib/x86_64-linux-gnu/cl-host/plugins"}));
  EXPECT_FALSE(SearchOptions().extra_rights);  // a test is no setuid program
}

TEST(SearchPath, MakesWhatTheCommandLineNamesAbsolute) {
  SearchOptions options;
  options.files = {"er.so"};
  EXPECT_EQ(search_places(options).at(0).path, std::filesystem::current_path() / "er.so");
}

TEST(SearchPath, RefusesRelativeAndEmptyEntries) {
  for (const char* value : {"plugins", "/a:plugins", "/a::/b", ":/a", "/a:", ":", "."}) {
    SearchOptions options = every_option();
    options.env_path = value;
    const Error error = test::error_of([&] { search_places(options); });
    EXPECT_EQ(error.slug(), "insecure-path") << value;
    EXPECT_EQ(error.exit_code(), kExitUsage);
  }
  SearchOptions options;
  options.env_path = "/a:plugins";
  EXPECT_STREQ(test::error_of([&] { search_places(options); }).what(),
               "CLH_PLUGIN_PATH: expected absolute directories separated by colons, found "
               "\"plugins\"");
}

TEST(SearchPath, AbsentOrEmptySourcesGiveNoPlace) {
  SearchOptions options;
  EXPECT_EQ(lines(options), Lines{});
  options.env_path = "";
  options.home = "";
  EXPECT_EQ(lines(options), Lines{});
  options.home = "relative";
  EXPECT_EQ(lines(options), Lines{});
}

}  // namespace search_path_test
}  // namespace clh::core
