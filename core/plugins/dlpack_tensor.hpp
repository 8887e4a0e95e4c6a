// DlpackTensor: owns a DLPack tensor that a plugin handed over until LibTorch has taken it.
#pragma once
#include <clh/error.hpp>

#include <ATen/DLConvertor.h>

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
    auto tensor = at::fromDLPack(managed_);
    managed_ = nullptr;
    return tensor;
  }

 private:
  DLManagedTensor* managed_;
};

}  // namespace clh::core
