#include "core/validate/bad_inputs.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>

#include <cstring>
#include <limits>

namespace clh::core {
namespace {

BadBatch good_batch() {
  const auto inputs = at::linspace(0, 1, 4 * 36).view({4, 1, 6, 6});
  return {"", inputs, (inputs * 255).to(at::kByte), at::arange(4).remainder(2), at::arange(4)};
}

}  // namespace

std::vector<BadBatch> bad_batches() {
  std::vector<BadBatch> list;
  const auto add = [&](const char* what, auto&& spoil) {
    auto batch = good_batch();
    batch.what = what;
    spoil(batch);
    list.push_back(batch);
  };
  add("NaN among the inputs", [](BadBatch& b) {
    b.inputs = at::full_like(b.inputs, std::numeric_limits<float>::quiet_NaN());
  });
  add("inputs of dtype double", [](BadBatch& b) { b.inputs = b.inputs.to(at::kDouble); });
  add("inputs of another shape", [](BadBatch& b) { b.inputs = b.inputs.narrow(3, 0, 5); });
  add("a label beyond the outputs", [](BadBatch& b) { b.labels = b.labels + 1000; });
  add("a negative label", [](BadBatch& b) { b.labels = b.labels - 1000; });
  add("labels of dtype float", [](BadBatch& b) { b.labels = b.labels.to(at::kFloat); });
  return list;
}

std::vector<BadTensor> bad_tensors(const std::vector<std::int64_t>& shape) {
  auto sizes = shape;
  sizes.insert(sizes.begin(), 3);
  auto more = sizes;
  more[1] += 1;
  return {
      {"x of dtype double", at::zeros(sizes, at::kDouble), true},
      {"x of dtype int64", at::zeros(sizes, at::kLong), true},
      {"x of another shape", at::zeros(more), true},
      {"x without dimensions", at::zeros({}), true},
      {"x with NaN", at::full(sizes, std::numeric_limits<float>::quiet_NaN()), false},
      {"x with infinity", at::full(sizes, std::numeric_limits<float>::infinity()), false},
      {"x without rows", at::zeros(sizes).narrow(0, 0, 0), false},
  };
}

void expect_failure_form(const std::string& call, clh_status status, const clh_error& error) {
  expect(status >= CLH_E_INVALID && status <= CLH_E_STOP, "a status of this ABI from " + call,
         std::to_string(status));
  expect(error.message[0] != '\0', "a message with the failure of " + call + " (rule R6)", "none");
  const auto size = ::strnlen(error.message, sizeof error.message);
  expect(size < sizeof error.message, "a message from " + call + " that ends (rule R6)",
         "no zero byte in " + std::to_string(size));
  expect(std::memchr(error.message, '\n', size) == nullptr,
         "one line of message from " + call + " (rule R6)", "several");
}

void expect_none(const std::optional<Mismatch>& defect) {
  if (defect) {
    throw CheckFailed{defect->expected, defect->found};
  }
}

int check_map(const std::string& call, clh_map_fn* function, void* self,
              const std::vector<std::int64_t>& shape) {
  int failures = 0;
  clh_tensor* const untouched = reinterpret_cast<clh_tensor*>(&failures);
  for (const auto& bad : bad_tensors(shape)) {
    auto error = empty_error();
    clh_tensor* out = untouched;
    const auto status = function(self, lend(bad.x), &out, &error);
    if (status == CLH_OK) {
      expect(out != untouched, "a result from " + call + " with " + bad.what, "none");
      static_cast<void>(adopt(out));
      expect(!bad.refuse, "an error from " + call + " for " + bad.what, "a result");
      continue;
    }
    ++failures;
    expect_failure_form(call + " with " + bad.what, status, error);
    expect(out == untouched, "nothing written by a failing " + call + " (rule R4)",
           "another value");
  }
  return failures;
}

}  // namespace clh::core
