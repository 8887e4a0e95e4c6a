#include "core/plugins/plugin_trust.hpp"

#include <fstream>

#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace plugin_trust_test {

namespace fs = std::filesystem;

class PluginTrust : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = directory_.write("prefix/plugins/er.so", "text");
    for (const auto& path : {file_, folder(), prefix()}) {
      ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    }
  }

  const fs::path& file() const { return file_; }
  fs::path folder() const { return file_.parent_path(); }
  fs::path prefix() const { return folder().parent_path(); }

  /// Nothing, or what is found.
  std::string found(const fs::path& executable = "") const {
    const PluginFile opened(file_);
    try {
      check_permissions(opened, executable);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.slug(), "insecure-path");
      EXPECT_EQ(error.exit_code(), kExitPlugin);
      const std::string text = error.what();
      const std::string head =
          file_.string() + ": expected a file that only you and root can change, found ";
      EXPECT_EQ(text.find(head), 0U) << text;
      fix_ = error.fix();
      return text.substr(head.size());
    }
  }

  const std::string& fix() const { return fix_; }

  static void mode(const fs::path& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }

 private:
  test::TemporaryDirectory directory_;
  fs::path file_;
  mutable std::string fix_;
};

TEST_F(PluginTrust, AcceptsWhatOnlyTheUserCanChange) {
  EXPECT_EQ(found(), "");  // below a sticky /tmp
}

TEST_F(PluginTrust, TheFileMayNotBeWritableByOthers) {
  mode(file(), 0664);
  EXPECT_EQ(found(), "it writable by its group (mode 0664)");
  EXPECT_EQ(fix(), "chmod go-w " + file().string() + ", or pass --allow-insecure-plugins");
  mode(file(), 0602);
  EXPECT_EQ(found(), "it writable by others (mode 0602)");
  mode(file(), 01666);  // sticky means something for folders alone
  EXPECT_EQ(found(), "it writable by others (mode 1666)");
}

TEST_F(PluginTrust, TheFixIsACommandThatAShellReads) {
  const auto spaced = prefix() / "my plugins";
  fs::create_directory(spaced);
  std::ofstream(spaced / "er.so") << "text";
  mode(spaced / "er.so", 0644);
  mode(spaced, 0777);
  const PluginFile opened(spaced / "er.so");
  EXPECT_EQ(test::error_of([&] { check_permissions(opened, ""); }).fix(),
            "chmod go-w '" + spaced.string() + "', or pass --allow-insecure-plugins");
}

TEST_F(PluginTrust, NorMayAnyFolderAboveIt) {
  mode(folder(), 0777);
  EXPECT_EQ(found(), "its folder " + folder().string() + " writable by others (mode 0777)");
  EXPECT_EQ(fix(), "chmod go-w " + folder().string() + ", or pass --allow-insecure-plugins");
  mode(folder(), 01777);
  EXPECT_EQ(found(), "");
  mode(prefix(), 0775);
  EXPECT_EQ(found(), "its folder " + prefix().string() + " writable by its group (mode 0775)");
}

TEST_F(PluginTrust, BelongsToRootOrTheUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  for (const auto& path : {file(), folder(), prefix()}) {
    ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
    const std::string what = path == file() ? "it" : "its folder " + path.string();
    EXPECT_EQ(found(), what + " owned by user 12345");
    EXPECT_EQ(fix(), "copy the plugin to a folder of your own, or pass --allow-insecure-plugins");
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  }
  mode(folder(), 01777);
  ASSERT_EQ(::chown(folder().c_str(), 12345, 0), 0);  // who owns a sticky folder may replace all
  EXPECT_EQ(found(), "its folder " + folder().string() + " owned by user 12345");
}

TEST_F(PluginTrust, FoldersOfTheExecutableAreAsGoodAsTheExecutable) {
  mode(prefix(), 0777);
  EXPECT_NE(found(), "");
  EXPECT_NE(found(prefix().parent_path() / "other/bin/cl-host"), "");
  EXPECT_EQ(found(prefix() / "bin/cl-host"), "");
  mode(folder(), 0777);
  EXPECT_EQ(found(prefix() / "bin/cl-host"),
            "its folder " + folder().string() + " writable by others (mode 0777)");
}

TEST(TrustedExecutable, IsThisProgram) {
  EXPECT_EQ(trusted_executable(), fs::canonical("/proc/self/exe"));
}

}  // namespace plugin_trust_test
}  // namespace clh::core
