#include "core/process/load_guard.hpp"

#include <cstdio>

#include "tests/support/temporary_directory.hpp"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace load_guard_test {

using Names = std::vector<std::string>;

TEST(LoadGuard, RestoresSignalHandlers) {
  struct sigaction mine = {}, now = {};
  mine.sa_handler = [](int) {};
  mine.sa_flags = SA_RESTART;
  ASSERT_EQ(::sigaction(SIGUSR1, &mine, nullptr), 0);
  {
    LoadGuard guard;
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
    EXPECT_EQ(guard.release(), (Names{"SIGUSR1", "SIGUSR2"}));
    EXPECT_EQ(guard.release(), Names{});
  }
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, mine.sa_handler);
  ASSERT_EQ(::sigaction(SIGUSR2, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  {
    const LoadGuard guard;  // a failed load throws past release()
    std::signal(SIGUSR1, SIG_DFL);
  }
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, mine.sa_handler);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(LoadGuard, SendsStandardOutputToStandardError) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "error";
  const int kept = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  const auto identity = [](int descriptor) {
    struct stat status = {};
    ::fstat(descriptor, &status);
    return std::make_pair(status.st_dev, status.st_ino);
  };
  const auto output = identity(STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  {
    const LoadGuard guard;
    std::printf("noise");  // stays in the buffer until the guard ends
  }
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(file);
  EXPECT_EQ(identity(STDOUT_FILENO), output);
  EXPECT_EQ(std::filesystem::file_size(path), 5U);
}

}  // namespace load_guard_test
}  // namespace clh::core
