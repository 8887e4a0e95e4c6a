// Plugins that are refused for what the file is, before its note is read; nothing of them runs.
#include <cerrno>
#include <csignal>

#include "tests/abi/hostile/hostile_test.hpp"
#include "tests/support/elf_image.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::test {
namespace {

namespace fs = std::filesystem;

const std::string kBuild = "name a shared object built with clh_add_plugin";
const std::string kCopy = "build or copy the file again";
const std::string kSwapped = "expected the file that was checked, found it changed";

#if defined(__aarch64__)
const std::string kThisMachine = "arm64";
#else
const std::string kThisMachine = "x86-64";
#endif

class FileStage : public HostileTest {
 protected:
  fs::path put(const std::string& name, const std::string& bytes) const {
    const auto file = folder() / "plugins" / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

  /// A `list` of one folder with this file, or of the file, as a user who is not above permissions.
  ProcessResult plain_user(const Words& arguments) const {
    auto plain = request(arguments);
    plain.without_privileges = true;
    return run_process(plain);
  }
};

TEST_F(FileStage, WhatIsNoPluginFile) {
  const auto image = plugin_image({});
  auto narrow = image, foreign = image, fixed = image;
  header_of(narrow).e_ident[EI_CLASS] = ELFCLASS32;
  header_of(foreign).e_machine = EM_RISCV;
  header_of(fixed).e_type = ET_EXEC;
  const auto size = std::to_string(image.size());
  const auto shorter = std::to_string(image.size() - 1);

  std::vector<RefusedFile> files = {
      {put("empty.so", ""), "not-elf", "expected a shared object, found an empty file", kBuild},
      {put("text.so", "#!/bin/sh\n"), "not-elf",
       "expected a shared object, found a file that is not ELF", kBuild},
      {put("header.so", image.substr(0, 30)), "truncated",
       "expected 64 bytes of ELF header at offset 0, found a file of 30 bytes", kCopy},
      {put("segments.so", image.substr(0, 100)), "truncated",
       "expected 168 bytes of program headers at offset 64, found a file of 100 bytes", kCopy},
      {put("body.so", image.substr(0, image.size() - 1)), "truncated",
       "expected " + size + " bytes of segment at offset 0, found a file of " + shorter + " bytes",
       kCopy},
      {put("narrow.so", narrow), "wrong-arch",
       "expected a 64-bit little-endian shared object, found a 32-bit one",
       "build it for this machine"},
      {put("foreign.so", foreign), "wrong-arch",
       "expected machine " + kThisMachine + ", found riscv", "build it for this machine"},
      {put("fixed.so", fixed), "not-elf", "expected a shared object (ELF type 3), found ELF type 2",
       kBuild}};

  const auto program = folder() / "plugins" / "program.so";
  fs::copy_file(tested_host(), program);
  files.push_back({program, "not-elf", "expected a shared object, found an executable", kBuild});
  fs::create_directory(folder() / "plugins" / "folder.so");
  const auto pipe = folder() / "plugins" / "pipe.so";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& file : {folder() / "plugins" / "folder.so", pipe}) {
    files.push_back({file, "not-elf", "expected a regular file, found something else", kBuild});
  }
  const auto loop = folder() / "plugins" / "loop.so";
  fs::create_symlink("loop.so", loop);
  files.push_back({loop, "load-failed",
                   "expected a readable file, found \"Too many levels of symbolic links\"",
                   "check the path and its permissions"});
  expect_refused(files);
}

TEST_F(FileStage, Unreadable) {
  const auto file = well_behaved("plugins/well_behaved");
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  const std::string why = "expected a readable file, found \"Permission denied\"";
  expect_error(plain_user(Words{"list"} + only(file)), 3,
               "[load-failed]: " + file.string() + ": " + why,
               "check the path and its permissions");
  const auto list =
      plain_user({"list", "--no-default-plugins", "--plugin-dir", file.parent_path()});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_NE(list.out.find(file.string() + "  (" + why + ")\n"), std::string::npos) << list.out;
}

TEST_F(FileStage, WhatOthersCouldChange) {
  const auto file = well_behaved("plugins/well_behaved");
  const auto directory = file.parent_path();
  const std::string expected = "expected a file that only you and root can change, found ";
  const std::string or_allow = ", or pass --allow-insecure-plugins";
  const auto refused = [&](const std::string& found, const std::string& fix) {
    expect_refused({{file, "insecure-path", expected + found, fix + or_allow}});
    const auto allowed = host(Words{"list", "--allow-insecure-plugins"} + only(file));
    EXPECT_EQ(allowed.exit_code, 0) << allowed.err;
    EXPECT_NE(allowed.out.find("  well-behaved "), std::string::npos) << allowed.out;
  };
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  refused("it writable by others (mode 0666)", "chmod go-w " + file.string());
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  ASSERT_EQ(::chmod(directory.c_str(), 0777), 0);
  refused("its folder " + directory.string() + " writable by others (mode 0777)",
          "chmod go-w " + directory.string());
  ASSERT_EQ(::chmod(directory.c_str(), 01777), 0);  // sticky, as /tmp is
  EXPECT_EQ(host(Words{"list"} + only(file)).exit_code, 0);
  ASSERT_EQ(::chmod(directory.c_str(), 0755), 0);

  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  ASSERT_EQ(::chown(directory.c_str(), 12345, 0), 0);
  refused("its folder " + directory.string() + " owned by user 12345",
          "copy the plugin to a folder of your own");
}

TEST_F(FileStage, ALinkIsAsGoodAsWhatItPointsTo) {
  const auto file = well_behaved("open/well_behaved");
  fs::create_directory(folder() / "plugins");
  fs::create_symlink(file, folder() / "plugins" / "link.so");
  EXPECT_EQ(host(Words{"list"} + only(folder() / "plugins" / "link.so")).exit_code, 0);
  ASSERT_EQ(::chmod(file.parent_path().c_str(), 0777), 0);
  const auto result = host(Words{"list"} + only(folder() / "plugins" / "link.so"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("error[insecure-path]: " + file.string() + ": "), std::string::npos)
      << result.err;
}

TEST_F(FileStage, ARefusedPluginIsNamedWhenItIsWanted) {
  const auto file = well_behaved("plugins/well_behaved");
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  const auto result = host({"describe", "well-behaved", "--plugin-dir", file.parent_path()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err.find("error[insecure-path]: " + file.string() + ": "), 0U) << result.err;
}

TEST_F(FileStage, NoEmptyEntryOfTheSearchPath) {
  auto list = request({"list"});
  list.environment["CLH_PLUGIN_PATH"] = "/x::/y";
  expect_error(run_process(list), 2,
               "[insecure-path]: CLH_PLUGIN_PATH: expected absolute directories separated by "
               "colons, found \"\"",
               "write the whole path of the directory, or unset CLH_PLUGIN_PATH");
}

TEST_F(FileStage, ExtraRightsTrustNeitherEnvironmentNorHome) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can start a program with the rights of another user";
  }
  const auto from_path = well_behaved("path/well_behaved");
  const auto at_home = well_behaved(".local/lib/cl-host/plugins/well_behaved");
  const auto with = [&](const Words& before) {
    auto list = request({"list", "datasets"});
    list.command = before + list.command;
    list.environment["CLH_PLUGIN_PATH"] = from_path.parent_path();
    const auto result = run_process(list);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  const auto usual = with({});
  EXPECT_NE(usual.find(from_path.string() + "\n"), std::string::npos) << usual;
  EXPECT_NE(usual.find(at_home.string() + "  (shadowed"), std::string::npos) << usual;
  // Real user 65534, effective user 0: what the kernel makes of a set-user-id program.
  const auto secure = with({"setpriv", "--ruid", "65534", "--clear-groups"});
  EXPECT_EQ(secure.find("well_behaved"), std::string::npos) << secure;
  EXPECT_NE(secure.find("  fashion-mnist "), std::string::npos) << secure;
}

TEST_F(FileStage, SwappedBeforeItIsLoaded) {
  const auto file = well_behaved("plugins/well_behaved");
  const auto other = build("other", {"well_behaved.c", "writes_at_load.c"});
  const auto config = folder() / "config.toml";
  ASSERT_EQ(::mkfifo(config.c_str(), 0600), 0);
  auto train = request(train_with(file) + Words{config});
  train.environment["CLH_TRACE_FILE"] = folder() / "trace";
  Process process(train);
  // The plugins have been checked when the configuration is opened, and none is loaded before it
  // ends.
  const int pipe = ::open(config.c_str(), O_WRONLY);
  ASSERT_GE(pipe, 0);
  fs::rename(other, file);
  ::close(pipe);
  expect_error(process.finish(), 3, "[changed]: " + file.string() + ": " + kSwapped,
               "run the command again");
  EXPECT_FALSE(fs::exists(folder() / "trace"));
}

TEST_F(FileStage, SwappedWhileItIsLoaded) {
  const auto file = build("plugins/well_behaved", {"well_behaved.c", "swaps_itself.c"});
  auto train = request(train_with(file));
  train.environment["CLH_SELF"] = file;
  train.environment["CLH_OTHER"] = well_behaved("other");
  expect_error(run_process(train), 3, "[changed]: " + file.string() + ": " + kSwapped,
               "run the command again");
}

}  // namespace
}  // namespace clh::test
