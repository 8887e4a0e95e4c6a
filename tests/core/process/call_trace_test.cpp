#include "core/process/call_trace.hpp"

#include <new>
#include <stdexcept>

#include "tests/support/error_of.hpp"
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clh::core {
namespace call_trace_test {

class BreadcrumbTest : public ::testing::Test {
 protected:
  void SetUp() override { shared_ = create_breadcrumb_page(); }
  void TearDown() override { ::close(shared_.descriptor); }
  BreadcrumbPage& page() { return *shared_.page; }
  int descriptor() const { return shared_.descriptor; }

  const CallSite model_{"org.clh.er 1.0.0", "er"}, network_{"org.clh.mlp 0.1.0", "mlp"};

 private:
  SharedPage shared_{};
};

TEST_F(BreadcrumbTest, OutsideAnyCallThereIsNone) {
  EXPECT_FALSE(innermost_call(page()));
  EXPECT_FALSE(last_call(page()));
}

TEST_F(BreadcrumbTest, NestedCallsRestoreTheOuter) {
  const Breadcrumb outer(&page(), model_, "observe", 3, 120);
  {
    const Breadcrumb inner(&page(), network_, "features", 3, 120);
    EXPECT_EQ(innermost_call(page())->text(), "org.clh.mlp 0.1.0 in features, task 3 step 120");
    EXPECT_EQ(innermost_call(page())->component, "mlp");
  }
  EXPECT_EQ(innermost_call(page())->text(), "org.clh.er 1.0.0 in observe, task 3 step 120");
}

TEST_F(BreadcrumbTest, AnExceptionRestoresTheOuter) {
  const Breadcrumb outer(&page(), model_, "observe", 3, 120);
  try {
    const Breadcrumb inner(&page(), network_, "features", 3, 120);
    throw std::runtime_error("");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(innermost_call(page())->call, "observe");
  }
}

TEST_F(BreadcrumbTest, TheLastCallIsRememberedAfterItsReturn) {
  { const Breadcrumb crumb(&page(), model_, "begin_task", 3, -1); }
  EXPECT_FALSE(innermost_call(page()));
  EXPECT_EQ(last_call(page())->text(), "org.clh.er 1.0.0 in begin_task, task 3");
}

void nest(BreadcrumbPage& page, const CallSite& site, std::uint32_t depth) {
  if (depth == 0) {
    EXPECT_EQ(innermost_call(page)->step, BreadcrumbPage::kFrames - 1);
    return;
  }
  const auto step = static_cast<std::int64_t>(page.depth.load());
  const Breadcrumb crumb(&page, site, "features", 0, step);
  nest(page, site, depth - 1);
}

TEST_F(BreadcrumbTest, CallsDeeperThanThePageAreCountedOnly) {
  nest(page(), network_, BreadcrumbPage::kFrames + 5);
  EXPECT_EQ(page().depth, 0U);
}

TEST_F(BreadcrumbTest, LongNamesAreCut) {
  const CallSite site(std::string(500, 'p'), std::string(500, 'c'));
  const Breadcrumb crumb(&page(), site, std::string(500, 'f').c_str(), -1, -1);
  EXPECT_EQ(innermost_call(page())->text(), std::string(79, 'p') + " in " + std::string(31, 'f'));
  EXPECT_EQ(innermost_call(page())->component, std::string(47, 'c'));
}

TEST_F(BreadcrumbTest, TheInnermostOfTheLateCallsIsTheOneToBlame) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const Breadcrumb outer(&page(), model_, "observe", 0, 0);
  const Breadcrumb inner(&page(), network_, "features", 0, 0);
  EXPECT_FALSE(overdue_call(page(), 3600 * kSecond, 0));
  page().frames[0].started -= 10 * kSecond;
  EXPECT_EQ(overdue_call(page(), 5 * kSecond, 0)->call, "observe")
      << "each call below returns in time, but they never end";
  page().frames[1].started -= 8 * kSecond;
  EXPECT_EQ(overdue_call(page(), 5 * kSecond, 0)->call, "features");
  EXPECT_FALSE(overdue_call(page(), 5 * kSecond, breadcrumb_clock()))
      << "the process stood still until now";
}

TEST_F(BreadcrumbTest, AChildThatDiesLeavesItsPlace) {
  const auto child = ::fork();
  if (child == 0) {
    const Breadcrumb crumb(open_breadcrumb_page(descriptor()), model_, "observe", 3, 120);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(innermost_call(page())->text(), "org.clh.er 1.0.0 in observe, task 3 step 120");
}

TEST_F(BreadcrumbTest, AnotherDescriptorIsNoPage) {
  const auto error = test::error_of([] { open_breadcrumb_page(STDIN_FILENO); });
  EXPECT_EQ(error.slug(), "usage");
  EXPECT_EQ(error.exit_code(), kExitUsage);
}

}  // namespace call_trace_test
}  // namespace clh::core
