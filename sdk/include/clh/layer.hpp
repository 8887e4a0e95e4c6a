// Layer: a wiring of look-up tables. It owns the mapping and creates its nodes.
#pragma once
#include <clh/component.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

using LayerContext = Context<clh_layer_spec>;

/// Maps x [B, in] to y [B, units] through a node and a mapping [units, k] int32 of its pins.
class Layer : public HostServices {
 public:
  using Options = NoOptions;
  explicit Layer(const LayerContext& context)
      : HostServices(context.host),
        index_(context.spec->index),
        input_(context.spec->input),
        units_(context.spec->units) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  virtual at::Tensor forward(const at::Tensor& x) = 0;
  virtual Shape output_shape() const { return {units_}; }
  /// Its own and its nodes', same names and order every time.
  virtual std::vector<NamedTensor> parameters() = 0;
  /// What must be copied with the parameters, above all the mapping.
  virtual std::vector<NamedTensor> buffers() { return {}; }
  /// The hard wiring [units, k] int32.
  virtual at::Tensor mapping() = 0;
  /// [units, 2^k] uint8.
  virtual at::Tensor truth_table() = 0;
  virtual void set_training(bool) {}
  virtual void after_step() {}
  virtual void state(Archive&) {}

 protected:
  /// Position in the network, from 0.
  std::int64_t index() const { return index_; }
  const Shape& input_shape() const { return input_; }
  std::int64_t units() const { return units_; }
  Rng rng(const char* name) const { return {c_host(), name}; }

 private:
  std::int64_t index_;
  Shape input_;
  std::int64_t units_;
};

struct LayerKind : TorchKind<Layer> {
  using Spec = clh_layer_spec;
  static constexpr clh_kind kKind = CLH_LAYER;

  template <class T>
  static const clh_layer_vt* table() {
    static const clh_layer_vt vt{
        sizeof(clh_layer_vt), 0, [](void* p) { delete static_cast<Layer*>(p); },
        [](void* p, const clh_tensor* x, clh_tensor** out, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { *out = give(self<T>(p).forward(borrow(x))); });
        },
        [](void* p, clh_shape* out) {
          static_cast<void>(guard<Errors>(nullptr, [&] { *out = self<T>(p).output_shape().c_shape(); }));
        },
        [](void* p, const clh_tensor_sink* sink, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { put_all(*sink, self<T>(p).parameters()); });
        },
        [](void* p, const clh_tensor_sink* sink, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { put_all(*sink, self<T>(p).buffers()); });
        },
        [](void* p, clh_tensor** out, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { *out = give(self<T>(p).mapping()); });
        },
        [](void* p, clh_tensor** out, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { *out = give(self<T>(p).truth_table()); });
        },
        [](void* p, std::int32_t on, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { self<T>(p).set_training(on != 0); });
        },
        [](void* p, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { self<T>(p).after_step(); });
        }};
    return &vt;
  }
  template <class T>
  static const void* extension(const char*) {
    return nullptr;
  }

 private:
  static void put_all(const clh_tensor_sink& sink, const std::vector<NamedTensor>& tensors) {
    for (const auto& item : tensors) {
      put(sink, item.name, item.tensor);
    }
  }
};

template <class T>
Described layer(const char* id, const char* title, Caps caps = {}) {
  return describe<LayerKind, T>(id, title, std::move(caps));
}

}  // namespace clh
