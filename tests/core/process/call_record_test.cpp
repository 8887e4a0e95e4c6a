#include "core/process/call_record.hpp"

#include <new>
#include <stdexcept>

#include "tests/support/error_of.hpp"
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace call_record_test {

class CallRecordTest : public ::testing::Test {
 protected:
  void SetUp() override { shared_ = create_call_record_page(); }
  void TearDown() override { ::close(shared_.descriptor); }
  CallRecordPage& page() { return *shared_.page; }
  int descriptor() const { return shared_.descriptor; }

  const CallRecord model_{"org.clh.er 1.0.0", "er"}, network_{"org.clh.mlp 0.1.0", "mlp"};

 private:
  SharedPage shared_{};
};

TEST_F(CallRecordTest, OutsideAnyCallThereIsNone) {
  EXPECT_FALSE(innermost_call(page()));
  EXPECT_FALSE(last_call(page()));
}

TEST_F(CallRecordTest, NestedCallsRestoreTheOuter) {
  const ScopedCallRecord outer(&page(), model_, "observe", {3, 120});
  {
    const ScopedCallRecord inner(&page(), network_, "features", {3, 120});
    EXPECT_EQ(innermost_call(page())->text(), "org.clh.mlp 0.1.0 in features, task 3 step 120");
    EXPECT_STREQ(innermost_call(page())->component, "mlp");
  }
  EXPECT_EQ(innermost_call(page())->text(), "org.clh.er 1.0.0 in observe, task 3 step 120");
}

TEST_F(CallRecordTest, AnExceptionRestoresTheOuter) {
  const ScopedCallRecord outer(&page(), model_, "observe", {3, 120});
  try {
    const ScopedCallRecord inner(&page(), network_, "features", {3, 120});
    throw std::runtime_error("");
  } catch (const std::runtime_error&) {
    EXPECT_STREQ(innermost_call(page())->call, "observe");
  }
}

TEST_F(CallRecordTest, TheLastCallIsRememberedAfterItsReturn) {
  { const ScopedCallRecord scope(&page(), model_, "begin_task", {3, -1}); }
  EXPECT_FALSE(innermost_call(page()));
  EXPECT_EQ(last_call(page())->text(), "org.clh.er 1.0.0 in begin_task, task 3");
}

void nest(CallRecordPage& page, const CallRecord& component, std::uint32_t depth) {
  if (depth == 0) {
    EXPECT_EQ(innermost_call(page)->position.step, CallRecordPage::kCalls - 1);
    return;
  }
  const auto step = static_cast<std::int64_t>(page.depth.load());
  const ScopedCallRecord scope(&page, component, "features", {0, step});
  nest(page, component, depth - 1);
}

TEST_F(CallRecordTest, CallsDeeperThanThePageAreCountedOnly) {
  nest(page(), network_, CallRecordPage::kCalls + 5);
  EXPECT_EQ(page().depth, 0U);
}

TEST_F(CallRecordTest, LongNamesAreCut) {
  const CallRecord component(std::string(500, 'p'), std::string(500, 'c'));
  const ScopedCallRecord scope(&page(), component, std::string(500, 'f').c_str(), {});
  EXPECT_EQ(innermost_call(page())->text(), std::string(79, 'p') + " in " + std::string(31, 'f'));
  EXPECT_EQ(innermost_call(page())->component, std::string(47, 'c'));
}

TEST_F(CallRecordTest, TheInnermostOfTheLateCallsIsTheOneToBlame) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const ScopedCallRecord outer(&page(), model_, "observe", {0, 0});
  const ScopedCallRecord inner(&page(), network_, "features", {0, 0});
  EXPECT_FALSE(overdue_call(page(), 3600 * kSecond, 0));
  page().calls[0].started -= 10 * kSecond;
  EXPECT_STREQ(overdue_call(page(), 5 * kSecond, 0)->call, "observe")
      << "each call below returns in time, but they never end";
  page().calls[1].started -= 8 * kSecond;
  EXPECT_STREQ(overdue_call(page(), 5 * kSecond, 0)->call, "features");
  EXPECT_FALSE(overdue_call(page(), 5 * kSecond, call_clock()))
      << "the process stood still until now";
}

TEST_F(CallRecordTest, AChildThatDiesLeavesItsPlace) {
  const auto child = ::fork();
  if (child == 0) {
    const ScopedCallRecord scope(open_call_record_page(descriptor()), model_, "observe", {3, 120});
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(innermost_call(page())->text(), "org.clh.er 1.0.0 in observe, task 3 step 120");
}

TEST_F(CallRecordTest, AnotherDescriptorIsNoPage) {
  const auto error = test::error_of([] { open_call_record_page(STDIN_FILENO); });
  EXPECT_EQ(error.slug(), "usage");
  EXPECT_EQ(error.exit_code(), kExitUsage);
}

}  // namespace call_record_test
}  // namespace clh::core
