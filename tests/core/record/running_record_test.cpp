#include "core/record/running_record.hpp"

#include <fstream>
#include <iterator>

#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace running_record_test {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RunningRecord : public ::testing::Test {
 protected:
  RunDirectory record(const std::string& results, const std::string& curve) const {
    directory_.write("results.json", results);
    directory_.write("train.jsonl", curve);
    directory_.write("log.txt", "begun\n");
    return RunDirectory(directory_.path());
  }

 private:
  test::TemporaryDirectory directory_;
};

TEST_F(RunningRecord, GetsStatusErrorAndLogLine) {
  const auto kept = record(R"({"schema": 1, "status": "running", "metrics": {"a": 0.25}})", "");
  end_running_record(kept, "crashed", "er in observe");
  EXPECT_EQ(text_of(kept.results_json()),
            "{\n  \"schema\": 1,\n  \"status\": \"crashed\",\n  \"error\": \"er in observe\",\n"
            "  \"metrics\": {\n    \"a\": 0.25\n  }\n}\n");
  EXPECT_EQ(text_of(kept.log_txt()), "begun\nsupervisor: crashed: er in observe\n");
}

TEST_F(RunningRecord, LosesACutLineOfTheCurve) {
  const auto kept = record(R"({"status": "running"})", "{\"step\":0}\n{\"ste");
  end_running_record(kept, "interrupted", "");
  EXPECT_EQ(text_of(kept.train_jsonl()), "{\"step\":0}\n");
  EXPECT_EQ(text_of(kept.results_json()), "{\n  \"status\": \"interrupted\"\n}\n");
  EXPECT_EQ(text_of(kept.log_txt()), "begun\nsupervisor: interrupted\n");
}

TEST_F(RunningRecord, ThatHasEndedStays) {
  const std::string done = R"({"status": "completed"})";
  const auto kept = record(done, "{\"ste");
  end_running_record(kept, "crashed", "too late");
  EXPECT_EQ(text_of(kept.results_json()), done);
  EXPECT_EQ(text_of(kept.train_jsonl()), "{\"ste");
  EXPECT_EQ(text_of(kept.log_txt()), "begun\n");
}

TEST_F(RunningRecord, ThatCannotBeReadStays) {
  const auto kept = record("{\"status\": \"runn", "");
  end_running_record(kept, "crashed", "");
  EXPECT_EQ(text_of(kept.results_json()), "{\"status\": \"runn");
}

}  // namespace running_record_test
}  // namespace clh::core
