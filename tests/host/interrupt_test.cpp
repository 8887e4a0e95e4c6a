#include <csignal>

#include "tests/host/host_test.hpp"

namespace clh::test {
namespace interrupt_test {

/// Five tasks of some seconds each; the signal comes when the first is done.
class Interrupt : public HostTest {
 protected:
  ProcessResult stopped_by(int signal, const Words& more = {}) {
    Process process(request(tiny({"train.iterations=3000"}) + more));
    EXPECT_TRUE(process.wait_for_error_text("task 1/5"));
    process.send(signal);
    return process.finish();
  }
  void expect_readable_record(const std::string& signal) const {
    const auto document = results(record());
    EXPECT_EQ(document["status"], "interrupted");
    EXPECT_EQ(document.count("error"), 0U);
    EXPECT_TRUE(document["matrices"]["class-il"]["rows"][0][0].is_number());
    EXPECT_TRUE(document["matrices"]["class-il"]["rows"][4][0].is_null());
    const auto curve = file_bytes(record() / "train.jsonl");
    const auto steps = std::count(curve.begin(), curve.end(), '\n');
    EXPECT_EQ(document["timing"]["steps"], steps);
    EXPECT_GE(steps, 3000);
    EXPECT_LT(steps, 15000);
    EXPECT_EQ(curve.back(), '\n');
    EXPECT_NE(file_bytes(record() / "log.txt").find("interrupted by " + signal), std::string::npos);
  }
};

TEST_F(Interrupt, SigintKeepsTheRecord) {
  const auto result = stopped_by(SIGINT, {"--json"});
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_EQ(result.out, "") << "no document of a run that did not end";
  EXPECT_NE(result.err.find("\nwarning: interrupted by SIGINT in task "), std::string::npos);
  EXPECT_NE(result.err.find("\nrecord: " + record().string() + "\n"), std::string::npos);
  expect_readable_record("SIGINT");
}

TEST_F(Interrupt, SigtermKeepsTheRecord) {
  const auto result = stopped_by(SIGTERM);
  EXPECT_EQ(result.exit_code, 143) << result.err;
  EXPECT_EQ(result.out, "");
  expect_readable_record("SIGTERM");
}

}  // namespace interrupt_test
}  // namespace clh::test
