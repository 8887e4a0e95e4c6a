// Arrays that cross the boundary as DLPack 0.6: no LibTorch on this side.
#pragma once
#include <clh/error.hpp>
#include <clh/data/rows.hpp>
#include <clh/shape.hpp>

#include <dlpack/dlpack.h>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Hands a dense, row-major array over. Owner: whoever calls the result's deleter.
template <class T>
DLManagedTensor* give_array(std::vector<std::int64_t> shape, std::vector<T> data) {
  struct Kept {
    DLManagedTensor tensor{};
    std::vector<std::int64_t> shape;
    std::vector<T> data;
  };
  auto kept = std::make_unique<Kept>();
  kept->shape = std::move(shape);
  kept->data = std::move(data);
  auto& t = kept->tensor.dl_tensor;
  t.data = kept->data.data();
  t.device = {kDLCPU, 0};
  t.ndim = static_cast<std::int32_t>(kept->shape.size());
  t.dtype = {static_cast<std::uint8_t>(std::is_floating_point_v<T> ? kDLFloat
                                       : std::is_signed_v<T>       ? kDLInt
                                                                   : kDLUInt),
             sizeof(T) * 8, 1};
  t.shape = kept->shape.data();
  kept->tensor.manager_ctx = kept.get();
  kept->tensor.deleter = [](DLManagedTensor* self) { delete static_cast<Kept*>(self->manager_ctx); };
  return &kept.release()->tensor;
}

/// A host tensor borrowed as DLPack for the length of a call.
class BorrowedTensor {
 public:
  BorrowedTensor(const clh_host* host, const clh_tensor* tensor) {
    call(host->tensor_to_dlpack, host->ctx, tensor, &managed_);
  }
  ~BorrowedTensor() {
    if (managed_ != nullptr && managed_->deleter != nullptr) {
      managed_->deleter(managed_);
    }
  }
  BorrowedTensor(const BorrowedTensor&) = delete;
  BorrowedTensor& operator=(const BorrowedTensor&) = delete;

  /// The tensor as [N, D]. Errors: UsageError unless float32, C-contiguous, on the CPU.
  Rows<const float> rows(const Shape& sample) const {
    const auto& t = managed_->dl_tensor;
    if (t.dtype.code != kDLFloat || t.dtype.bits != 32 || t.device.device_type != kDLCPU) {
      throw UsageError("[input] expected float32 on the CPU, found another type or device");
    }
    std::int64_t count = 1;
    for (std::int32_t i = t.ndim - 1; i >= 0; --i) {
      if (t.strides != nullptr && t.shape[i] > 1 && t.strides[i] != count) {
        throw UsageError("[input] expected a C-contiguous tensor, found strides");
      }
      count *= t.shape[i];
    }
    const std::int64_t n = t.ndim == 0 ? 0 : t.shape[0];
    if (count != n * sample.numel()) {
      throw UsageError("[input] expected " + std::to_string(sample.numel()) +
                       " values per sample, found " + std::to_string(n == 0 ? 0 : count / n));
    }
    const auto* data = static_cast<const char*>(t.data) + t.byte_offset;
    return {reinterpret_cast<const float*>(data), n, sample.numel()};
  }

 private:
  DLManagedTensor* managed_ = nullptr;
};

}  // namespace clh
