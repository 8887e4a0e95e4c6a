#include <sstream>

#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace list_test {

namespace fs = std::filesystem;

class List : public HostTest {
 protected:
  static Words split(const std::string& line) {
    std::istringstream words(line);
    return {std::istream_iterator<std::string>(words), {}};
  }
  static Words lines(const std::string& text) {
    std::istringstream in(text);
    Words all;
    for (std::string line; std::getline(in, line);) {
      all.push_back(line);
    }
    return all;
  }
};

TEST_F(List, OneLinePerComponent) {
  const auto some = copy_plugins("some", {"er", "agem", "mlp", "fashion_mnist"});
  const auto result = host({"list", "--no-default-plugins", "--plugin-dir", some});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const auto all = lines(result.out);
  ASSERT_EQ(all.size(), 5U) << result.out;
  EXPECT_EQ(split(all[0]), (Words{"KIND", "NAME", "VERSION", "CAPABILITIES", "FILE"}));
  EXPECT_EQ(split(all[1]), (Words{"model", "agem", "0.1.0", "class-il", "domain-il", "task-il",
                                  "needs:task-count", some / "agem.so"}));
  EXPECT_EQ(split(all[2]), (Words{"model", "er", "0.1.0", "class-il", "domain-il", "task-il",
                                  "task-free", some / "er.so"}));
  EXPECT_EQ(split(all[3]), (Words{"backbone", "mlp", "0.1.0", some / "mlp.so"}));
  EXPECT_EQ(split(all[4]), (Words{"dataset", "fashion-mnist", "0.1.0", some / "fashion_mnist.so"}));
  for (const auto& line : all) {  // columns are aligned
    EXPECT_EQ(line.find(split(line).back()), all[0].find("FILE")) << result.out;
  }
}

TEST_F(List, OneKindOnly) {
  for (const std::string kind : {"models", "model"}) {
    const auto all = lines(host({"list", kind}).out);
    ASSERT_GE(all.size(), 8U);
    for (std::size_t i = 1; i < all.size(); ++i) {
      EXPECT_EQ(split(all[i])[0], "model");
    }
  }
}

TEST_F(List, Json) {
  const auto some = copy_plugins("some", {"er"});
  std::ofstream(some / "broken.so") << "junk";
  const auto result = host({"list", "--json", "--no-default-plugins", "--plugin-dir", some});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto all = nlohmann::json::parse(result.out);
  ASSERT_EQ(all.size(), 2U) << result.out;
  EXPECT_EQ(all[0], (nlohmann::json{{"kind", "model"},
                                    {"name", "er"},
                                    {"version", "0.1.0"},
                                    {"capabilities", "class-il domain-il task-il task-free"},
                                    {"file", some / "er.so"},
                                    {"status", ""}}));
  EXPECT_EQ(all[1]["name"], "broken");
  EXPECT_EQ(all[1]["status"], "expected a shared object, found a file that is not ELF");
}

TEST_F(List, ExecutesNoPluginCode) {
  const auto trace = folder() / "trace";
  auto list = request({"list", "--plugin-dir", in_build("tests/host/writes_at_load")});
  list.environment["CLH_TRACE_FILE"] = trace;
  const auto result = run_process(list);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("  writes-at-load "), std::string::npos) << result.out;
  EXPECT_FALSE(fs::exists(trace));
  // The same plugin leaves its trace in a command that must load it.
  list.command = {tested_host(), "describe", "writes-at-load", "--plugin-dir",
                  in_build("tests/host/writes_at_load")};
  EXPECT_EQ(run_process(list).exit_code, 0);
  EXPECT_TRUE(fs::exists(trace));
}

TEST_F(List, NearerLevelsShadowFartherOnes) {
  const auto mine = copy_plugins("mine", {"er"});
  const auto all = lines(host({"list", "models", "--plugin-dir", mine}).out);
  std::string nearer;
  std::string farther;
  for (const auto& line : all) {
    const auto words = split(line);
    if (words.size() > 1 && words[1] == "er") {
      (words.back() == mine / "er.so" ? nearer : farther) = line;
    }
  }
  EXPECT_NE(nearer, "");
  EXPECT_EQ(nearer.find('('), std::string::npos) << nearer;
  EXPECT_NE(farther.find("  (shadowed by " + (mine / "er.so").string() + ")"), std::string::npos)
      << farther;
}

// File names are bytes; JSON is UTF-8.
TEST_F(List, JsonOfAFolderThatIsNoUtf8) {
  const auto mine = copy_plugins("caf\xE9", {"er"});
  const auto result = host({"list", "--json", "--no-default-plugins", "--plugin-dir", mine});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("caf\xEF\xBF\xBD/er.so"), std::string::npos) << result.out;
}

TEST_F(List, NoControlCharacterOfAFileNameReachesTheTerminal) {
  const auto mine = copy_plugins("a\nb\x1b[31m\u00fc", {"er"});
  const auto result = host({"list", "--no-default-plugins", "--plugin-dir", mine});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("/a?b?[31m\u00fc/er.so\n"), std::string::npos) << result.out;
  EXPECT_EQ(lines(result.out).size(), 2U);
}

TEST_F(List, EmptyValuesAreNone) {
  for (const std::string flag : {"--plugin", "--plugin-dir", "--lock-file"}) {
    expect_error(host({"list", flag, ""}), 2,
                 "[usage]: list: expected a value after " + flag + ", found none",
                 "cl-host list --help");
  }
}

TEST_F(List, ARelativePathNeedsAWorkingDirectory) {
  const auto gone = folder() / "gone";
  fs::create_directory(gone);
  auto list = request({});
  list.command = {"/bin/sh", "-c",
                  "cd '" + gone.string() + "' && rmdir '" + gone.string() + "' && exec '" +
                      tested_host() + "' list --plugin er.so"};
  expect_error(run_process(list), 2,
               "[usage]: --plugin: expected a path from a working directory, found \"er.so\" and "
               "No such file or directory",
               "name the whole path, or change to a folder that exists");
}

TEST_F(List, NothingFound) {
  fs::create_directory(folder() / "empty");
  const auto result = host({"list", "--no-default-plugins", "--plugin-dir", folder() / "empty"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "no plugin found; cl-host doctor shows where was searched\n");
}

TEST_F(List, UnknownKind) {
  expect_error(
      host({"list", "modles"}), 2,
      "[usage]: list: expected models, backbones, datasets, encoders, nodes or layers, found "
      "\"modles\"",
      "did you mean \"models\"?");
}

}  // namespace list_test
}  // namespace clh::test
