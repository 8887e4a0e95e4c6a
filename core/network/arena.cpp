#include "core/network/arena.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include "core/error.hpp"

namespace clh::core {

Arena::Arena(std::int64_t capacity)
    : value_memory_(at::zeros({capacity})),
      grad_memory_(at::zeros({capacity})),
      values_(value_memory_.narrow(0, 0, 0)),
      grads_(grad_memory_.narrow(0, 0, 0)) {}

void Arena::attach(const std::string& name, const at::Tensor& leaf, std::int64_t first_output) {
  if (!leaf.defined() || leaf.scalar_type() != at::kFloat || !leaf.is_leaf() || leaf.dim() > 7) {
    throw Error("bad-table",
                "parameter " + name + ": expected a float32 leaf, found another tensor",
                "register parameters as float32", kExitPlugin);
  }
  const auto count = leaf.numel();
  if (size_ + count > value_memory_.numel()) {
    throw Error("bad-table",
                "parameter " + name + ": expected at most " +
                    std::to_string(value_memory_.numel()) + " values in all, found " +
                    std::to_string(size_ + count),
                "give the same parameters every time", kExitPlugin);
  }
  const at::NoGradGuard no_grad;
  auto value = value_memory_.narrow(0, size_, count).view(leaf.sizes());
  auto grad = grad_memory_.narrow(0, size_, count).view(leaf.sizes());
  value.copy_(leaf);
  leaf.set_data(value);
  if (leaf.requires_grad()) {
    leaf.mutable_grad() = grad;
  }
  clh_slot slot{};
  slot.name = names_.emplace_back(name).c_str();
  slot.offset = size_;
  slot.count = count;
  slot.first_output = first_output;
  slot.shape = Shape(leaf.sizes().vec()).c_shape();
  slots_.push_back(slot);
  leaves_.push_back(leaf);
  leaf_grads_.push_back(grad);
  size_ += count;
  values_ = value_memory_.narrow(0, 0, size_);
  grads_ = grad_memory_.narrow(0, 0, size_);
}

void Arena::reattach() {
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    const auto& leaf = leaves_[i];
    const auto& kept = leaf_grads_[i];
    if (leaf.numel() != slots_[i].count) {
      throw Error("bad-table",
                  std::string("parameter ") + slots_[i].name + ": expected " +
                      std::to_string(slots_[i].count) + " values, found " +
                      std::to_string(leaf.numel()),
                  "never resize a parameter", kExitPlugin);
    }
    if (leaf.unsafeGetTensorImpl()->data() !=
        static_cast<float*>(value_memory_.data_ptr()) + slots_[i].offset) {
      throw Error("bad-table",
                  std::string("parameter ") + slots_[i].name +
                      ": expected its storage in the arena, found it replaced",
                  "change values in place, never the tensor's data", kExitPlugin);
    }
    if (!leaf.requires_grad()) {
      continue;
    }
    const auto& grad = leaf.grad();
    if (grad.defined() && grad.unsafeGetTensorImpl() == kept.unsafeGetTensorImpl()) {
      continue;
    }
    const at::NoGradGuard no_grad;
    if (grad.defined()) {
      if (grad.data_ptr() != kept.data_ptr()) {
        kept.copy_(grad);
      }
    } else {
      kept.zero_();
    }
    leaf.mutable_grad() = kept;
  }
}

std::vector<Arena::Run> Arena::trainable() const {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    if (!leaves_[i].requires_grad()) {
      continue;
    }
    const auto& slot = slots_[i];
    if (!runs.empty() && runs.back().offset + runs.back().count == slot.offset) {
      runs.back().count += slot.count;
    } else {
      runs.push_back({slot.offset, slot.count});
    }
  }
  return runs;
}

void Arena::state(Archive& archive) {
  auto values = values_;
  archive("values", values);
  if (archive.loading()) {
    if (values.numel() != size_) {
      throw StatusError(CLH_E_STATE, "arena: expected " + std::to_string(size_) +
                                         " values, found " + std::to_string(values.numel()));
    }
    values_.copy_(values);
  }
}

}  // namespace clh::core
