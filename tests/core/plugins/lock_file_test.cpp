#include "core/plugins/lock_file.hpp"

#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace lock_file_test {

const std::string kA(64, 'a'), kB(64, 'b');

LockFile two() {
  return LockFile({{"org.b.sgd", "0.1.0", kB}, {"org.a.er", "1.2.0", kA}});
}

TEST(LockFile, TextIsSortedByIdAndReadsBack) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(
      two().text(),
      "# Written by cl-host lock; with --locked cl-host uses these plugins and no others.\n"
      "lock-format = 1\n\n[plugins]\n\n[plugins.\"org.a.er\"]\nversion = \"1.2.0\"\nsha256 = \"" +
          kA + "\"\n\n[plugins.\"org.b.sgd\"]\nversion = \"0.1.0\"\nsha256 = \"" + kB + "\"\n");
  const auto read = LockFile::read(directory.write("plugins.lock", two().text()));
  ASSERT_EQ(read.plugins().size(), 2U);
  EXPECT_EQ(read.plugins()[0].id, "org.a.er");
  EXPECT_EQ(read.plugins()[0].version, "1.2.0");
  EXPECT_EQ(read.plugins()[0].sha256, kA);
  EXPECT_EQ(read.text(), two().text());
}

TEST(LockFile, OfNothing) {
  const test::TemporaryDirectory directory;
  const auto read = LockFile::read(directory.write("plugins.lock", LockFile({}).text()));
  EXPECT_TRUE(read.plugins().empty());
  EXPECT_EQ(test::error_of([&] {
              read.check({"org.a.er", "1.2.0", kA}, "/p/er.so");
            }).slug(),
            "not-locked");
}

TEST(LockFile, AcceptsTheLockedPluginAlone) {
  const test::TemporaryDirectory directory;
  const auto file = directory.write("plugins.lock", two().text());
  const auto lock = LockFile::read(file);
  EXPECT_NO_THROW(lock.check({"org.a.er", "1.2.0", kA}, "/p/er.so"));

  const auto other = test::error_of([&] { lock.check({"org.c.x", "3.0.0", kA}, "/p/x.so"); });
  EXPECT_EQ(format(other), "error[not-locked]: /p/x.so: expected a plugin of " + file.string() +
                               ", found org.c.x 3.0.0, which is not in it\n"
                               "  fix: check the plugins and run cl-host lock again");
  EXPECT_EQ(other.exit_code(), kExitPlugin);

  const auto changed = test::error_of([&] { lock.check({"org.a.er", "1.3.0", kB}, "/p/er.so"); });
  EXPECT_EQ(format(changed),
            "error[hash-mismatch]: /p/er.so: expected org.a.er 1.2.0 with SHA-256 aaaaaaaaaaaa... "
            "as locked, found 1.3.0 with SHA-256 bbbbbbbbbbbb...\n"
            "  fix: put the locked file back, or check the plugins and run cl-host lock again");
  EXPECT_EQ(changed.exit_code(), kExitPlugin);
  EXPECT_EQ(test::error_of([&] {
              lock.check({"org.a.er", "1.3.0", kA}, "/p/er.so");
            }).slug(),
            "hash-mismatch");
}

TEST(LockFile, RefusesWhatIsNoLock) {
  const test::TemporaryDirectory directory;
  const auto refusal = [&](const std::string& text) {
    const auto file = directory.write("plugins.lock", text);
    const auto error = test::error_of([&] { LockFile::read(file); });
    EXPECT_EQ(error.slug(), "bad-config") << text;
    EXPECT_EQ(error.exit_code(), kExitUsage);
    const std::string what = error.what();
    EXPECT_EQ(what.find(file.string()), 0U) << what;
    return what.substr(std::min(what.size(), file.string().size()));
  };
  EXPECT_EQ(refusal(""), ": expected lock-format = 1, found none");
  EXPECT_EQ(refusal("lock-format = 2\n[plugins]"), ": expected lock-format = 1, found 2");
  EXPECT_EQ(refusal("lock-format = \"1\"\n[plugins]"),
            ": expected lock-format = 1, found no whole number");
  EXPECT_EQ(refusal("lock-format = 1"), ": expected a table [plugins], found none");
  EXPECT_EQ(refusal("lock-format = 1\n[plugins]\na = 1"),
            ": expected a table for the plugin a, found none");
  EXPECT_EQ(refusal("lock-format = 1\n[plugins.\"a.b\"]\nversion = \"1\""),
            ": expected a text sha256 for the plugin a.b, found none");
  EXPECT_EQ(refusal("lock-format = 1\n[plugins.\"a.b\"]\nversion = \"1\"\nsha256 = \"XY\""),
            ": expected 64 hexadecimal digits in sha256 of the plugin a.b, found none");
  EXPECT_NE(refusal("lock-format = "), "");  // no TOML
}

TEST(LockFile, MissesWhatItHolds) {
  const test::TemporaryDirectory directory;
  const auto file = directory.write("plugins.lock", two().text());
  const auto lock = LockFile::read(file);
  EXPECT_NO_THROW(lock.check_complete({"org.c.other", "org.b.sgd", "org.a.er"}));
  const auto error = test::error_of([&] { lock.check_complete({"org.a.er", ""}); });
  EXPECT_EQ(format(error), "error[missing-plugin]: " + file.string() +
                               ": expected the plugin org.b.sgd 0.1.0 that it holds, found no file "
                               "of it\n  fix: put the locked file back, or check the plugins and "
                               "run cl-host lock again");
  EXPECT_EQ(error.exit_code(), kExitPlugin);
}

TEST(LockFile, MustExist) {
  const auto error = test::error_of([] { LockFile::read("/absent/plugins.lock"); });
  EXPECT_EQ(format(error),
            "error[bad-option]: /absent/plugins.lock: expected a lock file, found no such "
            "file\n  fix: write it with cl-host lock, or name another with --lock-file FILE");
  EXPECT_EQ(error.exit_code(), kExitUsage);
  EXPECT_EQ(test::error_of([] { LockFile::read("/"); }).slug(), "bad-option");
}

}  // namespace lock_file_test
}  // namespace clh::core
