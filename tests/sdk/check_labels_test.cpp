// check_labels: what a loss outside the host's criterion must not be given.
#include <clh/losses/check_labels.hpp>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <string>

#include <gtest/gtest.h>

namespace check_labels_test {

std::string refusal(const at::Tensor& labels) {
  try {
    clh::check_labels(labels, 4);
  } catch (const clh::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(LabelRange, TakesOutputsAlone) {
  EXPECT_EQ(refusal(at::tensor({0, 3, 1}, at::kLong)), "");
  EXPECT_EQ(refusal(at::tensor({0, 4}, at::kLong)),
            "[model] labels: expected int64 from 0 to 3, found 4");
  EXPECT_EQ(refusal(at::tensor({3, -1}, at::kLong)),
            "[model] labels: expected int64 from 0 to 3, found -1");
  EXPECT_EQ(refusal(at::zeros({2})), "[model] labels: expected int64 from 0 to 3, found Float");
}

}  // namespace check_labels_test
