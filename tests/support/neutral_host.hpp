// A host without LibTorch: enough of clh_host for plugins of the neutral tier, which cannot tell.
#pragma once
#include <clh/data/host_array.hpp>

#include <vector>

/// Here a tensor is what DLPack says of it.
struct clh_tensor {
  DLManagedTensor* array;
};

namespace clh::test {

/// Owner: whoever calls free_tensor. Errors: none; the array is taken over.
inline clh_status tensor_of(void*, DLManagedTensor* array, clh_tensor** out, clh_error*) noexcept {
  *out = new clh_tensor{array};
  return CLH_OK;
}

inline void free_tensor(clh_tensor* tensor) {
  tensor->array->deleter(tensor->array);
  delete tensor;
}

/// A view: the deleter of what is lent does nothing.
inline clh_status lend_array(void*, const clh_tensor* tensor, DLManagedTensor** out,
                             clh_error*) noexcept {
  *out = new DLManagedTensor{tensor->array->dl_tensor, nullptr,
                             [](DLManagedTensor* view) { delete view; }};
  return CLH_OK;
}

inline clh_host neutral_host() {
  clh_host host{};
  host.struct_size = sizeof host;
  host.abi_major = CLH_ABI_MAJOR;
  host.abi_minor = CLH_ABI_MINOR;
  host.name = host.version = "neutral";
  host.log = [](void*, std::int32_t, const char*) {};
  host.should_stop = [](void*) -> std::int32_t { return 0; };
  host.get_extension = [](void*, const char*) -> const void* { return nullptr; };
  host.tensor_from_dlpack = tensor_of;
  host.tensor_to_dlpack = lend_array;
  return host;
}

}  // namespace clh::test
