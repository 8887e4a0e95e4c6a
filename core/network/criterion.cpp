#include "core/network/criterion.hpp"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <limits>

#include "core/abi/core_errors.hpp"

namespace clh::core {

Criterion::Criterion(const std::vector<std::int64_t>& block_of_output) {
  if (block_of_output.empty()) {
    return;
  }
  const auto blocks = at::tensor(block_of_output, at::kLong);
  hidden_ = blocks.unsqueeze(0).ne(blocks.unsqueeze(1));
}

at::Tensor Criterion::loss(const at::Tensor& outputs, const at::Tensor& labels, bool each) const {
  if (outputs.dim() != 2 || labels.dim() != 1 || outputs.size(0) != labels.size(0)) {
    throw Error("plugin-error",
                "criterion: expected outputs [B, C] and labels [B], found another shape",
                "check what the model passes to criterion", kExitUsage);
  }
  auto z = outputs;
  if (hidden_.defined()) {
    z = z.masked_fill(hidden_.index_select(0, labels).narrow(1, 0, z.size(1)),
                      -std::numeric_limits<float>::infinity());
  }
  return at::cross_entropy_loss(z, labels, {}, each ? at::Reduction::None : at::Reduction::Mean);
}

const clh_criterion_vt* Criterion::table() {
  static const clh_criterion_vt table{
      sizeof(clh_criterion_vt), 0,
      [](void* crit, const clh_tensor* out, const clh_tensor* y, std::int32_t each,
         clh_tensor** loss, clh_error* error) {
        return guard<CoreErrors>(error, [&] {
          *loss = give(static_cast<Criterion*>(crit)->loss(borrow(out), borrow(y), each != 0));
        });
      }};
  return &table;
}

}  // namespace clh::core
