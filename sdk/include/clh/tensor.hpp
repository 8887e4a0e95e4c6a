// Tensors and generators across the boundary: opaque handles with LibTorch's own counts.
#pragma once
#include <clh/plugin.hpp>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <string>

#ifdef _GLIBCXX_DEBUG
#error "a torch plugin cannot be built with _GLIBCXX_DEBUG: its containers differ from LibTorch's"
#endif

namespace clh __attribute__((visibility("hidden"))) {

using TensorPtr = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

/// Takes the +1 that `handle` carries. Null = the undefined tensor.
inline at::Tensor adopt(clh_tensor* handle) {
  if (handle == nullptr) {
    return {};
  }
  return at::Tensor(TensorPtr::reclaim(reinterpret_cast<c10::TensorImpl*>(handle)));
}

/// A count of its own on a borrowed handle.
inline at::Tensor borrow(const clh_tensor* handle) {
  if (handle == nullptr) {
    return {};
  }
  auto* impl = reinterpret_cast<c10::TensorImpl*>(const_cast<clh_tensor*>(handle));
  return at::Tensor(TensorPtr::unsafe_reclaim_from_nonowning(impl));
}

/// Hands out +1.
inline clh_tensor* give(at::Tensor tensor) {
  if (!tensor.defined()) {
    return nullptr;
  }
  return reinterpret_cast<clh_tensor*>(tensor.unsafeReleaseTensorImpl());
}

/// Lends the handle for the length of a call.
inline const clh_tensor* lend(const at::Tensor& tensor) {
  return tensor.defined() ? reinterpret_cast<const clh_tensor*>(tensor.unsafeGetTensorImpl())
                          : nullptr;
}

/// Adds LibTorch's own exceptions, cut to their first line without a backtrace.
struct TorchErrors {
  static clh_status translate(clh_error* error) noexcept {
    try {
      throw;
    } catch (const c10::Error& e) {
      return fail(error, CLH_E_TORCH, e.what_without_backtrace());
    } catch (...) {
      return NeutralErrors::translate(error);
    }
  }
};

/// A named stream that also serves LibTorch's own random functions.
class Rng final : public RandomStream {
 public:
  using RandomStream::RandomStream;
  /// LibTorch's CPU generator seeded from this stream. Owner: shared with the host, which saves
  /// its state.
  at::Generator torch() const {
    clh_generator* handle = nullptr;
    call(host()->rng_torch, host()->ctx, name().c_str(), &handle);
    return at::Generator(
        c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(reinterpret_cast<c10::GeneratorImpl*>(handle)));
  }
};

template <>
struct ArchiveAs<at::Tensor> {
  static void archive(Archive& archive, const char* key, at::Tensor& value) {
    if (archive.loading()) {
      clh_tensor* out = nullptr;
      call(archive.reader()->tensor, archive.reader()->ctx, key, &out);
      value = adopt(out);
    } else {
      call(archive.writer()->tensor, archive.writer()->ctx, key, lend(value));
    }
  }
};

/// What a torch-tier kind's traits share.
template <class Base>
struct TorchKind {
  using Errors = TorchErrors;
  static TorchSizes torch() {
    return {sizeof(c10::TensorImpl), alignof(c10::TensorImpl), sizeof(c10::GeneratorImpl)};
  }
  template <class T>
  static void* wrap(T* object) {
    return static_cast<Base*>(object);
  }
  template <class T>
  static T& self(void* p) {
    return *static_cast<T*>(static_cast<Base*>(p));
  }
  static void destroy(void* p) { delete static_cast<Base*>(p); }
};

/// Collects the tensors that a component puts into a sink.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// Puts named tensors into a host's sink. Errors: StatusError.
inline void put(const clh_tensor_sink& sink, const std::string& name, const at::Tensor& tensor) {
  call(sink.put, sink.ctx, name.c_str(), lend(tensor));
}

}  // namespace clh
