// BadInputs: what no plugin should be given, and how its refusal must look.
#pragma once
#include <clh/tensor.hpp>

#include <string>
#include <vector>

#include "core/abi/shape_check.hpp"
#include "core/validate/check.hpp"

namespace clh::core {

/// A batch of the probe's small pictures with one thing wrong.
struct BadBatch {
  std::string what;
  at::Tensor inputs, raw, labels, ids;
};
std::vector<BadBatch> bad_batches();

/// A tensor for components that map x [B, ...] float32; `refuse`: nothing but an error will do.
struct BadTensor {
  std::string what;
  at::Tensor x;
  bool refuse;
};
/// Inputs: shape of one sample.
std::vector<BadTensor> bad_tensors(const std::vector<std::int64_t>& shape);

/// Checks a failing call's error: a known code, and one line of text.
/// Errors: CheckFailed.
void expect_failure_form(const std::string& call, clh_status status, const clh_error& error);

/// Errors: CheckFailed for what a plugin wrote against the contract.
void expect_none(const std::optional<Mismatch>& defect);

/// Calls a function that maps a tensor with each bad tensor: `out` must be untouched by a failure.
/// Returns: how many calls failed. Errors: CheckFailed.
int check_map(const std::string& call, clh_map_fn* function, void* self,
              const std::vector<std::int64_t>& shape);

}  // namespace clh::core
