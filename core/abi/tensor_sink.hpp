// TensorSink: collects the tensors that a plugin puts into it.
#pragma once
#include <clh/tensor.hpp>

#include <vector>

#include "core/abi/core_errors.hpp"

namespace clh::core {

class TensorSink {
 public:
  TensorSink() : table_{sizeof(clh_tensor_sink), 0, &tensors_, put_tensor} {}
  TensorSink(const TensorSink&) = delete;
  TensorSink& operator=(const TensorSink&) = delete;

  const clh_tensor_sink* table() const { return &table_; }
  std::vector<NamedTensor> take() { return std::move(tensors_); }

 private:
  static clh_status put_tensor(void* ctx, const char* name, const clh_tensor* tensor,
                               clh_error* error) {
    return guard<CoreErrors>(error, [&] {
      static_cast<std::vector<NamedTensor>*>(ctx)->push_back({name, borrow(tensor)});
    });
  }

  std::vector<NamedTensor> tensors_;
  clh_tensor_sink table_;
};

}  // namespace clh::core
