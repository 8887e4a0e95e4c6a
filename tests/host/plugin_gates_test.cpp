#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace plugin_gates_test {

namespace fs = std::filesystem;

const std::string kRebuild =
    "rebuild it against this host: cmake -S <source> -B b -DClhSdk_DIR=<dir> && cmake --build b";

class PluginGates : public HostTest {
 protected:
  void SetUp() override {
    plugins_ = copy_plugins("plugins", {"er", "sgd", "mlp", "fashion_mnist"});
  }

  fs::path er() const { return plugins_ / "er.so"; }
  const fs::path& plugins() const { return plugins_; }
  Words only() const { return {"--no-default-plugins", "--plugin-dir", plugins_}; }

  /// Replaces text in er.so; both have the same length, so nothing else moves.
  void patch(const std::string& from, const std::string& to) const {
    auto bytes = file_bytes(er());
    ASSERT_EQ(from.size(), to.size());
    const auto at = bytes.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    std::ofstream(er(), std::ios::binary) << bytes.replace(at, from.size(), to);
  }

  /// The LibTorch that this tree is built with, as er.so's note has it.
  std::string torch_version() const {
    const auto bytes = file_bytes(er());
    const auto at = bytes.find("\ntorch=") + std::string("\ntorch=").size();
    return bytes.substr(at, bytes.find(' ', at) - at);
  }

  /// In a directory the plugin is a line of `list`; asked for by name or by --plugin, an error.
  void expect_refused(const std::string& slug, const std::string& why, const std::string& fix,
                      const std::string& row) const {
    const auto list = host(Words{"list"} + only());
    EXPECT_EQ(list.exit_code, 0) << list.err;
    EXPECT_NE(list.out.find(row), std::string::npos) << list.out;
    EXPECT_NE(list.out.find(er().string() + "  (" + why + ")\n"), std::string::npos) << list.out;
    EXPECT_NE(list.out.find((plugins_ / "sgd.so").string() + "\n"), std::string::npos) << list.out;
    const auto message = '[' + slug + "]: " + er().string() + ": " + why;
    expect_error(host(Words{"train", "--json"} + only()), 3, message, fix);
    expect_error(host({"list", "--plugin", er()}), 3, message, fix);
  }

 private:
  fs::path plugins_;
};

TEST_F(PluginGates, BuiltForAnotherLibTorch) {
  const auto ours = torch_version();  // "1.13.0"
  ASSERT_GE(ours.size(), 5U);
  patch("torch=" + ours + ' ', "torch=9.9." + std::string(ours.size() - 4, '0') + ' ');
  expect_refused("torch-mismatch",
                 "expected a plugin built for libtorch " + ours.substr(0, ours.rfind('.')) +
                     " (cxx11abi=1), found libtorch 9.9 (cxx11abi=1)",
                 kRebuild, "model     er             0.1.0");
}

TEST_F(PluginGates, BuiltForAnotherAbi) {
  patch("abi=0.2 min=0.2", "abi=0.3 min=0.3");
  expect_refused("abi-mismatch", "expected plugin ABI 0.2, found 0.3, which needs at least 0.3",
                 kRebuild, "model     er             0.1.0");
}

TEST_F(PluginGates, Truncated) {
  fs::resize_file(er(), 30);
  expect_refused("truncated",
                 "expected 64 bytes of ELF header at offset 0, found a file of 30 bytes",
                 "build or copy the file again", "-         er ");
}

TEST_F(PluginGates, NoSharedObject) {
  std::ofstream(er()) << "#!/bin/sh\n";
  expect_refused("not-elf", "expected a shared object, found a file that is not ELF",
                 "name a shared object built with clh_add_plugin", "-         er ");
}

TEST_F(PluginGates, DamageAnywhereEndsInOneClearError) {
  const auto whole = file_bytes(er());
  std::uint32_t noise = 7;
  for (int i = 0; i < 6; ++i) {
    auto bytes = whole.substr(0, whole.size() * static_cast<std::size_t>(i + 1) / 8);
    noise = noise * 1664525U + 1013904223U;
    bytes[noise % bytes.size()] ^= '\x55';
    std::ofstream(er(), std::ios::binary) << bytes;
    const auto result = host({"train", "--plugin", er()});
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_EQ(result.err.find("error["), 0U) << result.err;
    EXPECT_NE(result.err.find(er().string() + ": expected "), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("\n  fix: "), std::string::npos) << result.err;
  }
}

TEST_F(PluginGates, DoctorSaysWhatIsWrong) {
  patch("abi=0.2 min=0.2", "abi=0.3 min=0.3");
  const auto text = host(Words{"doctor"} + only());
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(
      text.out.find("abi-mismatch: expected plugin ABI 0.2, found 0.3, which needs at least 0.3\n"),
      std::string::npos)
      << text.out;
  EXPECT_NE(text.out.find("3 usable\n"), std::string::npos) << text.out;
}

TEST_F(PluginGates, TwoPluginsOfOneNameAtOneLevel) {
  fs::copy_file(er(), plugins() / "er2.so");
  expect_error(host(Words{"train"} + only()), 3,
               "[duplicate]: model er: expected one plugin at the level --plugin-dir, found " +
                   er().string() + " and " + (plugins() / "er2.so").string(),
               "remove one of the two files");
}

TEST_F(PluginGates, NoOtherPluginStepsInForOneThatOthersCanChange) {
  fs::permissions(er(), fs::perms(0666));
  for (const Words& words : {Words{"train", "--json", "model=er"}, Words{"describe", "er"}}) {
    expect_error(host(words + Words{"--plugin-dir", plugins()}), 3,
                 "[insecure-path]: " + er().string() +
                     ": expected a file that only you and root can change, found it writable by "
                     "others (mode 0666)",
                 "chmod go-w " + er().string() + ", or pass --allow-insecure-plugins");
  }
  EXPECT_EQ(host({"describe", "mlp", "--plugin-dir", plugins()}).exit_code, 0);
}

TEST_F(PluginGates, ABuiltInOneStepsInForOneOfAnotherAbiAndSaysSo) {
  patch("abi=0.2 min=0.2", "abi=0.3 min=0.3");
  const auto result = host(tiny({"model=er", "--dry-run", "--plugin-dir", plugins()}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find(er().string() +
                            ": expected plugin ABI 0.2, found 0.3, which needs at least 0.3; " +
                            in_build("lib/cl-host/plugins") + "/er.so is used in its place\n"),
            std::string::npos)
      << result.err;
}

TEST_F(PluginGates, RelativeSearchPathIsRefused) {
  auto relative = request({"list"});
  relative.environment["CLH_PLUGIN_PATH"] = "plugins";
  expect_error(
      run_process(relative), 2,
      "[insecure-path]: CLH_PLUGIN_PATH: expected absolute directories separated by colons, "
      "found \"plugins\"",
      "write the whole path of the directory, or unset CLH_PLUGIN_PATH");
}

TEST_F(PluginGates, StoppingUnaskedIsAFailureOfThePlugin) {
  expect_error(host({"train", "--json", "dataset=writes-at-load", "--plugin-dir",
                     in_build("tests/host/writes_at_load")}),
               3, "[plugin-error]: org.clh.test.writes-at-load 0.1.0 in load: stopped on request",
               "report it to the plugin's author");
}

TEST_F(PluginGates, MissingFilesAndFolders) {
  expect_error(host({"list", "--plugin", "none.so"}), 3,
               "[load-failed]: " + (folder() / "none.so").string() +
                   ": expected a readable file, found \"No such file or directory\"",
               "check the path and its permissions");
  expect_error(host({"list", "--plugin-dir", "none"}), 2,
               "[bad-option]: --plugin-dir " + (folder() / "none").string() +
                   ": expected a readable directory, found \"No such file or directory\"",
               "name a directory that exists");
}

}  // namespace plugin_gates_test
}  // namespace clh::test
