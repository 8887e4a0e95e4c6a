#include "tests/host/host_test.hpp"

namespace clh::test {
namespace lock_test {

namespace fs = std::filesystem;

class Lock : public HostTest {
 protected:
  void SetUp() override {
    plugins_ = copy_plugins("plugins", {"er", "sgd", "mlp", "fashion_mnist"});
  }

  fs::path er() const { return plugins_ / "er.so"; }
  const fs::path& plugins() const { return plugins_; }
  Words only() const { return {"--no-default-plugins", "--plugin-dir", plugins_}; }
  fs::path lock_file() const { return folder() / "plugins.lock"; }

  void lock() const {
    const auto result = host(Words{"lock"} + only());
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "plugins.lock: 4 plugins\n");
    EXPECT_EQ(result.err, "");
  }

  /// Another build of er: one byte behind the last one that is mapped.
  void rebuild_er() const {
    const auto bytes = file_bytes(er());
    fs::remove(er());
    std::ofstream(er(), std::ios::binary) << bytes << '\0';
  }

 private:
  fs::path plugins_;
};

TEST_F(Lock, LockedPluginsRunAsBefore) {
  lock();
  const auto text = file_bytes(lock_file());
  EXPECT_EQ(text.find("# Written by cl-host lock; with --locked cl-host uses these plugins and no "
                      "others.\nlock-format = 1\n\n[plugins]\n\n[plugins.\"org.clh.er\"]\nversion "
                      "= \"0.1.0\"\nsha256 = \""),
            0U)
      << text;
  const auto plain = host(Words{"list"} + only());
  const auto locked = host(Words{"list", "--locked"} + only());
  EXPECT_EQ(locked.exit_code, 0) << locked.err;
  EXPECT_EQ(locked.out, plain.out);
  EXPECT_EQ(host(Words{"describe", "er", "--locked"} + only()).exit_code, 0);
  fs::rename(lock_file(), folder() / "other.lock");
  EXPECT_EQ(host(Words{"describe", "er", "--lock-file", "other.lock"} + only()).exit_code, 0);
  // The digest is the one that any tool computes.
  const auto sum = run_process({{"sha256sum", er()}, {}, {}, {}, {}, false});
  EXPECT_NE(text.find("sha256 = \"" + sum.out.substr(0, 64) + "\"\n"), std::string::npos) << text;
}

TEST_F(Lock, AnotherBuildOfALockedPluginIsRefused) {
  lock();
  rebuild_er();
  EXPECT_EQ(host(Words{"describe", "er"} + only()).exit_code, 0) << "sound, but not the locked one";
  const auto sha = [&] { return run_process({{"sha256sum", er()}, {}, {}, {}, {}, false}).out; };
  const auto text = file_bytes(lock_file());
  const auto was = text.substr(text.find("sha256 = \"") + 10, 12);
  const std::string why = "expected org.clh.er 0.1.0 with SHA-256 " + was +
                          "... as locked, found 0.1.0 with SHA-256 " + sha().substr(0, 12) + "...";
  const std::string fix =
      "put the locked file back, or check the plugins and run cl-host lock again";
  const auto message = "[hash-mismatch]: " + er().string() + ": " + why;
  expect_error(host(Words{"describe", "er", "--locked"} + only()), 3, message, fix);
  expect_error(host({"list", "--locked", "--no-default-plugins", "--plugin", er()}), 3, message,
               fix);
  expect_error(host(Words{"train", "--json", "--locked", "model=er"} + only()), 3, message, fix);
  const auto list = host(Words{"list", "--locked"} + only());
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_NE(list.out.find(er().string() + "  (" + why + ")\n"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find((plugins() / "sgd.so").string() + "\n"), std::string::npos) << list.out;
}

TEST_F(Lock, WhatIsNotInTheLockIsRefused) {
  lock();
  copy_plugins("plugins", {"agem"});
  const auto agem = plugins() / "agem.so";
  expect_error(host(Words{"describe", "agem", "--locked"} + only()), 3,
               "[not-locked]: " + agem.string() + ": expected a plugin of " + lock_file().string() +
                   ", found org.clh.agem 0.1.0, which is not in it",
               "check the plugins and run cl-host lock again");
  EXPECT_EQ(host(Words{"describe", "er", "--locked"} + only()).exit_code, 0);
}

TEST_F(Lock, NoOtherPluginStepsInForATamperedOne) {
  auto farther = request(Words{"describe", "er", "--locked"} + only());
  farther.command.erase(
      std::find(farther.command.begin(), farther.command.end(), "--no-default-plugins"));
  farther.environment["CLH_PLUGIN_PATH"] = copy_plugins("more", {"er"});
  lock();
  EXPECT_EQ(run_process(farther).exit_code, 0);
  rebuild_er();
  const auto result = run_process(farther);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err.find("error[hash-mismatch]: " + er().string() + ": expected org.clh.er "),
            0U)
      << result.err;
  fs::remove(er());
  EXPECT_EQ(run_process(farther).exit_code, 0) << "the locked plugin itself, from another folder";
}

TEST_F(Lock, AMissingPluginIsNamed) {
  lock();
  fs::remove(er());
  const auto message = "[missing-plugin]: " + lock_file().string() +
                       ": expected the plugin org.clh.er 0.1.0 that it holds, found no file of it";
  const std::string fix =
      "put the locked file back, or check the plugins and run cl-host lock again";
  expect_error(host(Words{"describe", "sgd", "--locked"} + only()), 3, message, fix);
  expect_error(host(Words{"train", "--json", "--locked", "model=sgd"} + only()), 3, message, fix);
  EXPECT_EQ(host(Words{"list", "--locked"} + only()).exit_code, 0);
}

TEST_F(Lock, DamagedPluginsAreNotLocked) {
  std::ofstream(plugins() / "broken.so") << "junk";
  const auto result = host(Words{"lock", "my.lock"} + only());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "my.lock: 4 plugins\n");
  EXPECT_EQ(result.err, "warning: " + (plugins() / "broken.so").string() +
                            ": not locked: expected a shared object, found a file that is not "
                            "ELF\n");
  EXPECT_EQ(file_bytes(folder() / "my.lock").find("broken"), std::string::npos);
}

TEST_F(Lock, WrongUse) {
  expect_error(
      host({"list", "--locked"}), 2,
      "[bad-option]: " + lock_file().string() + ": expected a lock file, found no such file",
      "write it with cl-host lock, or name another with --lock-file FILE");
  expect_error(host({"lock", "a", "b"}), 2, "[usage]: lock: expected at most one file, found 2",
               "cl-host lock plugins.lock");
  const auto full = host({"lock", "/proc/plugins.lock"});
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_EQ(full.err.find("error[unwritable]: /proc/plugins.lock: "), 0U) << full.err;
  const std::string fix = "name a file that you may write, where there is room: cl-host lock FILE";
  EXPECT_NE(full.err.find("  fix: " + fix + "\n"), std::string::npos) << full.err;
  fs::create_directory(folder() / "place");
  expect_error(host({"lock", "place"}), 2,
               "[unwritable]: place: expected a file that can be replaced, found a directory", fix);
  expect_error(host({"lock", ""}), 2, "[usage]: lock: expected the name of a file, found none",
               "cl-host lock plugins.lock");
}

}  // namespace lock_test
}  // namespace clh::test
