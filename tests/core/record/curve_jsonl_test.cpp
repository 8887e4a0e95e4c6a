#include "core/record/curve_jsonl.hpp"

#include <limits>
#include <stdexcept>

#include "core/error.hpp"
#include "tests/core/files/limited_file_size.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clh::core {
namespace curve_jsonl_test {

TEST(CurveJsonl, WritesOneLinePerStep) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "train.jsonl";
  {
    CurveWriter curve(path);
    curve.append({0, 0, 0, 0, 2.5, 0.1});
    curve.append({1, 0, 1, 3, 1e-7, 0.05});
  }
  EXPECT_EQ(test::file_text(path),
            "{\"step\":0,\"task\":0,\"epoch\":0,\"batch\":0,\"loss\":2.5,\"rate\":0.1}\n"
            "{\"step\":1,\"task\":0,\"epoch\":1,\"batch\":3,\"loss\":1e-07,\"rate\":0.05}\n");
}

TEST(CurveJsonl, AppendsToWhatIsThere) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "train.jsonl";
  for (int run = 0; run < 2; ++run) {
    CurveWriter(path).append({});
  }
  const std::string line =
      "{\"step\":0,\"task\":0,\"epoch\":0,\"batch\":0,\"loss\":0,\"rate\":0}\n";
  EXPECT_EQ(test::file_text(path), line + line);
}

TEST(CurveJsonl, IsOnTheDiskAfterAFlush) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "train.jsonl";
  CurveWriter curve(path);
  curve.append({});
  EXPECT_EQ(test::file_text(path), "");
  curve.flush();
  EXPECT_NE(test::file_text(path), "");
}

TEST(CurveJsonl, KeepsEveryNthStep) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "train.jsonl";
  {
    CurveWriter curve(path, 10);
    for (std::int64_t step = 5; step < 25; ++step) {
      curve.append({step, 0, 0, 0, 1.0, 0.1});
    }
  }
  EXPECT_EQ(test::file_text(path),
            "{\"step\":10,\"task\":0,\"epoch\":0,\"batch\":0,\"loss\":1,\"rate\":0.1}\n"
            "{\"step\":20,\"task\":0,\"epoch\":0,\"batch\":0,\"loss\":1,\"rate\":0.1}\n");
  EXPECT_THROW(CurveWriter(path, 0), std::invalid_argument);
}

TEST(CurveJsonl, NumbersReadBackAsTheSameAcrossFullBuffers) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "train.jsonl";
  constexpr std::int64_t kSteps = 3000;  // about 300 kB, some buffers of 64 KiB
  const auto loss = [](std::int64_t step) { return 1.0 / (3.0 + static_cast<double>(step)); };
  {
    CurveWriter curve(path);
    for (std::int64_t step = 0; step < kSteps; ++step) {
      curve.append({step, 1, 2, 3, loss(step), 0.1});
    }
  }
  std::ifstream file(path);
  std::string line;
  std::int64_t step = 0;
  for (; std::getline(file, line); ++step) {
    const auto point = nlohmann::json::parse(line);
    ASSERT_EQ(point["step"], step);
    ASSERT_EQ(point["loss"].get<double>(), loss(step));
  }
  EXPECT_EQ(step, kSteps);
}

TEST(CurveJsonl, LongestLineAndNumbersThatJsonDoesNotHave) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "train.jsonl";
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  {
    CurveWriter curve(path);
    curve.append({kLow, kLow, kLow, kLow, -2.2250738585072014e-308, -1.7976931348623157e308});
    curve.append({0, 0, 0, 0, kNan, kInfinity});
  }
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(nlohmann::json::parse(line)["batch"], kLow);
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_TRUE(nlohmann::json::parse(line)["loss"].is_null());
  EXPECT_TRUE(nlohmann::json::parse(line)["rate"].is_null());
}

TEST(CurveJsonl, FullDiskIsAnErrorOnce) {
  CurveWriter curve("/dev/full");
  curve.append({});
  try {
    curve.flush();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.slug(), "unwritable");
    EXPECT_STREQ(error.what(),
                 "/dev/full: expected room for the whole file, found No space left on device");
  }
  EXPECT_NO_THROW(curve.flush());
}

TEST(CurveJsonl, FullBufferOnAFullDisk) {
  const test::TemporaryDirectory directory;
  const LimitedFileSize limit(1000);
  CurveWriter curve(directory.path() / "train.jsonl");
  EXPECT_THROW(
      {
        for (std::int64_t step = 0; step < 3000; ++step) {
          curve.append({step, 0, 0, 0, 0.5, 0.1});
        }
      },
      Error);
}

TEST(CurveJsonl, DestructorKeepsQuietOnAFullDisk) {
  EXPECT_NO_THROW({
    CurveWriter curve("/dev/full");
    curve.append({});
  });
}

TEST(CurveJsonl, MissingDirectory) {
  const test::TemporaryDirectory directory;
  EXPECT_THROW(CurveWriter(directory.path() / "missing" / "train.jsonl"), Error);
}

}  // namespace curve_jsonl_test
}  // namespace clh::core
