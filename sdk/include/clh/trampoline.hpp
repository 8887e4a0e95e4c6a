// Trampolines: the C functions of a kind's table over the methods of a C++ class.
#pragma once
#include <clh/shape.hpp>
#include <clh/tensor.hpp>

#include <cstdint>

namespace clh __attribute__((visibility("hidden"))) {

/// Over Kind::self<T>(p), the object behind the C `self`; torch tier. Exceptions become a status, and
/// out-parameters are untouched then.
template <class Kind, class T>
struct Trampoline {
  /// clh_call_fn over `void f()`.
  template <auto Method>
  static clh_status call(void* p, clh_error* e) noexcept {
    return guard<TorchErrors>(e, [&] { (Kind::template self<T>(p).*Method)(); });
  }
  /// clh_flag_fn over `void f(bool)`.
  template <auto Method>
  static clh_status flag(void* p, std::int32_t on, clh_error* e) noexcept {
    return guard<TorchErrors>(e, [&] { (Kind::template self<T>(p).*Method)(on != 0); });
  }
  /// clh_tick_fn over `void f(int64_t)`.
  template <auto Method>
  static clh_status tick(void* p, std::int64_t number, clh_error* e) noexcept {
    return guard<TorchErrors>(e, [&] { (Kind::template self<T>(p).*Method)(number); });
  }
  /// clh_make_fn over `Tensor f()`.
  template <auto Method>
  static clh_status make(void* p, clh_tensor** out, clh_error* e) noexcept {
    return guard<TorchErrors>(e, [&] { *out = give((Kind::template self<T>(p).*Method)()); });
  }
  /// clh_map_fn over `Tensor f(const Tensor&)`.
  template <auto Method>
  static clh_status map(void* p, const clh_tensor* x, clh_tensor** out, clh_error* e) noexcept {
    return guard<TorchErrors>(
        e, [&] { *out = give((Kind::template self<T>(p).*Method)(borrow(x))); });
  }
  /// clh_sink_fn over `vector<NamedTensor> f()`.
  template <auto Method>
  static clh_status sink(void* p, const clh_tensor_sink* sink, clh_error* e) noexcept {
    return guard<TorchErrors>(e, [&] {
      for (const auto& item : (Kind::template self<T>(p).*Method)()) {
        put(*sink, item.name, item.tensor);
      }
    });
  }
  /// clh_dims_fn over `Shape f() const`; a shape that C cannot say is left out.
  template <auto Method>
  static void dims(void* p, clh_shape* out) {
    static_cast<void>(guard<TorchErrors>(
        nullptr, [&] { *out = (Kind::template self<T>(p).*Method)().c_shape(); }));
  }
};

}  // namespace clh
