#include "core/files/atomic_file.hpp"

#include <string>

#include "core/error.hpp"
#include "limited_file_size.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace atomic_file_test {

// The error of a write that is expected to fail, as the user sees it.
std::string failure(const std::filesystem::path& path, const std::string& bytes) {
  try {
    write_file_atomically(path, bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.slug(), "unwritable");
    EXPECT_EQ(error.exit_code(), kExitUsage);
    EXPECT_FALSE(error.fix().empty());
    return error.what();
  }
  return "no error";
}

TEST(AtomicFile, CreatesAndReplaces) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "results.json";
  write_file_atomically(path, "a long first text");
  EXPECT_EQ(test::file_text(path), "a long first text");
  const std::string bytes("with\0zero", 9);
  write_file_atomically(path, bytes);
  EXPECT_EQ(test::file_text(path), bytes);
  EXPECT_EQ(directory.entries(), 1);
}

TEST(AtomicFile, IsReadableByWhomTheUmaskAllows) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "results.json";
  const auto umask_before = ::umask(027);
  write_file_atomically(path, "x");
  ::umask(umask_before);
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0640U);
}

TEST(AtomicFile, MissingDirectory) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "missing" / "results.json";
  EXPECT_EQ(
      failure(path, "x"),
      path.string() + ": expected a file that can be created, found No such file or directory");
}

TEST(AtomicFile, FullDiskKeepsTheOldFileAndNothingElse) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "results.json";
  write_file_atomically(path, "old");
  {
    const LimitedFileSize limit(1000);
    EXPECT_EQ(failure(path, std::string(100000, 'x')),
              path.string() + ": expected room for the whole file, found File too large");
  }
  EXPECT_EQ(test::file_text(path), "old");
  EXPECT_EQ(directory.entries(), 1);
}

TEST(AtomicFile, DirectoryInTheWayLeavesNothing) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "results.json";
  std::filesystem::create_directory(path);
  EXPECT_EQ(failure(path, "x"),
            path.string() + ": expected a file that can be replaced, found a directory");
  EXPECT_EQ(directory.entries(), 1);
}

TEST(AtomicFile, WhatIsNoFileIsNotReplaced) {
  const test::TemporaryDirectory directory;
  const auto fifo = directory.path() / "fifo", socket = directory.path() / "socket";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  ASSERT_EQ(::mknod(socket.c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_EQ(failure(fifo, "x"),
            fifo.string() + ": expected a file that can be replaced, found a fifo");
  EXPECT_EQ(failure(socket, "x"),
            socket.string() + ": expected a file that can be replaced, found a socket");
  EXPECT_TRUE(std::filesystem::is_fifo(fifo));
  EXPECT_TRUE(std::filesystem::is_socket(socket));
  EXPECT_EQ(directory.entries(), 2);
}

TEST(AtomicFile, ALinkIsReplacedAndNotFollowed) {
  const test::TemporaryDirectory directory;
  const auto fifo = directory.path() / "fifo", link = directory.path() / "link";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::filesystem::create_symlink(fifo, link);
  write_file_atomically(link, "x");
  EXPECT_EQ(test::file_text(link), "x");
  EXPECT_TRUE(std::filesystem::is_fifo(fifo));
}

TEST(AtomicFile, TakesThePlaceOfATemporaryLeftByAKilledProcess) {
  const test::TemporaryDirectory directory;
  const auto left = ".results.json." + std::to_string(::getpid()) + ".tmp";
  write_file_atomically(directory.path() / left, "half");
  write_file_atomically(directory.path() / "results.json", "whole");
  EXPECT_EQ(test::file_text(directory.path() / "results.json"), "whole");
  EXPECT_EQ(directory.entries(), 1);
}

TEST(AtomicFile, RelativePathWithoutADirectory) {
  const test::TemporaryDirectory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  write_file_atomically("results.json", "x");
  std::filesystem::current_path(before);
  EXPECT_EQ(test::file_text(directory.path() / "results.json"), "x");
}

// Tests may run as root, to whom every directory is writable: the child gives that up.
TEST(AtomicFile, UnwritableDirectory) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "results.json";
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0555));
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) {
      ::_exit(2);
    }
    const auto expected =
        path.string() + ": expected a file that can be created, found Permission denied";
    ::_exit(failure(path, "x") == expected ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  EXPECT_EQ(directory.entries(), 0);
}

}  // namespace atomic_file_test
}  // namespace clh::core
