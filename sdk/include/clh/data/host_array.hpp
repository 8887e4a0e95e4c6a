// Arrays that cross the boundary as DLPack 0.6: no LibTorch on this side.
#pragma once
#include <clh/error.hpp>
#include <clh/data/rows.hpp>
#include <clh/shape.hpp>

#include <dlpack/dlpack.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
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

/// The type of a dataset's stored values.
enum class Dtype : std::int32_t { kUint8 = CLH_U8, kFloat32 = CLH_F32 };

/// An array of bytes or of floats, dense and row-major: `HostArray({n, 3}, std::move(values))`.
class HostArray {
 public:
  HostArray() = default;  // [0] bytes
  /// Errors: std::invalid_argument unless there are as many values as the product of `shape`.
  HostArray(std::vector<std::int64_t> shape, std::vector<std::uint8_t> values)
      : shape_(std::move(shape)), values_(std::move(values)) {
    check();
  }
  HostArray(std::vector<std::int64_t> shape, std::vector<float> values)
      : shape_(std::move(shape)), values_(std::move(values)) {
    check();
  }

  const std::vector<std::int64_t>& shape() const { return shape_; }
  Dtype dtype() const {
    return std::holds_alternative<std::vector<float>>(values_) ? Dtype::kFloat32 : Dtype::kUint8;
  }
  /// Inputs: T is float or std::uint8_t. Errors: std::bad_variant_access for the other one.
  template <class T>
  const std::vector<T>& values() const {
    return std::get<std::vector<T>>(values_);
  }

  /// Hands the values over, without a copy. Owner: whoever calls the result's deleter.
  DLManagedTensor* give() && {
    return std::visit(
        [this](auto&& values) { return give_array(std::move(shape_), std::move(values)); },
        std::move(values_));
  }

 private:
  void check() const {
    const auto found = std::visit([](const auto& values) { return values.size(); }, values_);
    std::uint64_t expected = 1;
    std::string sizes;
    for (const auto size : shape_) {
      sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
      expected *= static_cast<std::uint64_t>(size);
    }
    if (found != expected) {
      throw std::invalid_argument("[array] expected " + std::to_string(expected) +
                                  " values for shape [" + sizes + "], found " +
                                  std::to_string(found));
    }
  }

  std::vector<std::int64_t> shape_{0};
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values_;
};

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
