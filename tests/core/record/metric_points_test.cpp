#include "core/record/metric_points.hpp"

#include <fstream>
#include <limits>
#include <sstream>

#include "core/error.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace metric_points_test {

using clh::core::append_metric_points;

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(MetricPoints, AreAppendedFromWhereTheLastWriteEnded) {
  const clh::test::TemporaryDirectory directory;
  const auto path = directory.path() / "model-metrics.jsonl";
  append_metric_points(path, {}, 0);
  EXPECT_FALSE(std::filesystem::exists(path)) << "a model without curves leaves no file";
  const std::vector<clh::core::MetricPoint> points = {
      {"sparsity", 7, 0.5}, {"a \"b\"", 8, std::numeric_limits<double>::quiet_NaN()}};
  append_metric_points(path, {points[0]}, 0);
  append_metric_points(path, points, 1);
  append_metric_points(path, points, 2);
  EXPECT_EQ(text_of(path),
            "{\"key\":\"sparsity\",\"step\":7,\"value\":0.5}\n"
            "{\"key\":\"a \\\"b\\\"\",\"step\":8,\"value\":null}\n");
  EXPECT_THROW(append_metric_points(directory.path() / "none/x", points, 0), clh::core::Error);
}

}  // namespace metric_points_test
