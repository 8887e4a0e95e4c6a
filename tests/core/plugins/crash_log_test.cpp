#include "core/plugins/crash_log.hpp"

#include <regex>

#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace crash_log_test {

TEST(CrashLog, RemembersAFileUntilItChanges) {
  const test::TemporaryDirectory directory;
  const auto plugin = directory.write("er.so", "text");
  const auto identity = identity_of(plugin);
  const CrashLog log(directory.path() / "cache/crashes");
  EXPECT_EQ(log.find(plugin, identity), "");
  log.add(plugin, identity, "crashed");
  EXPECT_TRUE(std::regex_match(log.find(plugin, identity),
                               std::regex("crashed 20[0-9]{2}-[01][0-9]-[0-3][0-9]")))
      << log.find(plugin, identity);
  EXPECT_EQ(CrashLog(directory.path() / "cache/crashes").find(plugin, identity),
            log.find(plugin, identity));
  EXPECT_EQ(log.find(directory.path() / "sgd.so", identity), "");

  directory.write("er.so", "longer text");
  EXPECT_EQ(log.find(plugin, identity_of(plugin)), "");
  log.add(plugin, identity_of(plugin), "hung");
  EXPECT_EQ(log.find(plugin, identity_of(plugin)).substr(0, 5), "hung ");
}

TEST(CrashLog, NeedsNoFolder) {
  const test::TemporaryDirectory directory;
  const auto plugin = directory.write("er.so", "text");
  for (const auto& folder : {std::filesystem::path(), plugin / "below a file"}) {
    const CrashLog log(folder);
    log.add(plugin, identity_of(plugin), "crashed");
    EXPECT_EQ(log.find(plugin, identity_of(plugin)), "");
  }
}

}  // namespace crash_log_test
}  // namespace clh::core
