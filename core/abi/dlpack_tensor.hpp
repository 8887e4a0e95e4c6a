// DlpackTensor: owns a DLPack tensor that a plugin handed over until LibTorch has taken it.
#pragma once
#include <clh/error.hpp>

#include <ATen/DLConvertor.h>

#include <string>

namespace clh::core {

class DlpackTensor {
 public:
  /// Takes over what `managed` holds; may be null.
  explicit DlpackTensor(DLManagedTensor* managed) : managed_(managed) {}
  ~DlpackTensor() {
    if (managed_ != nullptr && managed_->deleter != nullptr) {
      managed_->deleter(managed_);
    }
  }
  DlpackTensor(const DlpackTensor&) = delete;
  DlpackTensor& operator=(const DlpackTensor&) = delete;

  explicit operator bool() const { return managed_ != nullptr; }

  /// Hands the memory to a tensor. Errors: UsageError for none, c10::Error for a dtype that
  /// LibTorch does not know; the memory is released then.
  at::Tensor take() {
    if (managed_ == nullptr) {
      throw UsageError("[dlpack] expected a tensor, found none");
    }
    if (managed_->dl_tensor.data == nullptr) {
      return without_elements();
    }
    auto tensor = at::fromDLPack(managed_);
    managed_ = nullptr;
    return tensor;
  }

 private:
  /// An array without elements may lie nowhere; LibTorch 1.13 would never release it.
  at::Tensor without_elements() const {
    auto borrowed = *managed_;
    borrowed.deleter = nullptr;
    const auto tensor = at::fromDLPack(&borrowed);
    if (tensor.numel() > 0) {
      throw UsageError("[dlpack] expected memory for " + std::to_string(tensor.numel()) +
                       " elements, found none");
    }
    return tensor.clone();
  }

  DLManagedTensor* managed_;
};

}  // namespace clh::core
