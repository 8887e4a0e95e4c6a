// Instances that a component creates from its own options: a layer's nodes, a backbone's encoder.
#pragma once
#include <clh/tensor.hpp>

#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Owns one created component; destroyed before its creator.
class Instance {
 public:
  Instance() = default;
  /// Errors: UsageError when the user chose none, StatusError when creation fails.
  Instance(const clh_host* host, const clh_factory* factory, const void* spec, const char* what)
      : host_(host) {
    if (factory == nullptr) {
      throw UsageError(std::string("[") + what + "] expected a component, found none");
    }
    call(host->create, host->ctx, factory, spec, &object_);
  }
  ~Instance() { reset(); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  Instance(Instance&& other) noexcept { swap(other); }
  Instance& operator=(Instance&& other) noexcept {
    swap(other);
    return *this;
  }

  const clh_host* host() const { return host_; }
  void* self() const { return object_.self; }
  /// Errors: StatusError for a table shorter than this header's.
  template <class Table>
  const Table& table() const {
    return require_complete(static_cast<const Table*>(object_.vtable), "a component's table");
  }
  template <class Extension>
  const Extension* extension(const char* id) const {
    return object_.component->get_extension == nullptr
               ? nullptr
               : static_cast<const Extension*>(object_.component->get_extension(id));
  }

  at::Tensor make(clh_make_fn* function) const {
    clh_tensor* out = nullptr;
    call(function, object_.self, &out);
    return adopt(out);
  }
  at::Tensor map(clh_map_fn* function, const at::Tensor& x) const {
    clh_tensor* out = nullptr;
    call(function, object_.self, lend(x), &out);
    return adopt(out);
  }
  std::vector<NamedTensor> collect(clh_sink_fn* function) const {
    std::vector<NamedTensor> kept;
    if (function == nullptr) {
      return kept;
    }
    const clh_tensor_sink sink{
        sizeof(clh_tensor_sink), 0, &kept,
        [](void* ctx, const char* name, const clh_tensor* t, clh_error* e) noexcept -> clh_status {
          return guard<TorchErrors>(e, [&] {
            static_cast<std::vector<NamedTensor>*>(ctx)->push_back({name, borrow(t)});
          });
        }};
    call(function, object_.self, &sink);
    return kept;
  }
  Shape shape(clh_dims_fn* function) const {
    clh_shape c{};
    function(object_.self, &c);
    return Shape(c);
  }
  void set_training(clh_flag_fn* function, bool on) const {
    if (function != nullptr) {
      call(function, object_.self, on ? 1 : 0);
    }
  }
  void notify(clh_call_fn* function) const {
    if (function != nullptr) {
      call(function, object_.self);
    }
  }
  /// The component's own state as a nested record; nothing for one without state.
  void state(Archive& archive) {
    const auto* ext = extension<clh_state_ext>("clh.state/1");
    if (ext != nullptr) {
      archive_component(archive, *ext, object_.self);
    }
  }

 private:
  void reset() {
    if (object_.self != nullptr) {
      // Every kind's table starts with struct_size, reserved, destroy.
      static_cast<const clh_layer_vt*>(object_.vtable)->destroy(object_.self);
      object_ = {};
    }
  }
  void swap(Instance& other) {
    std::swap(host_, other.host_);
    std::swap(object_, other.object_);
  }
  const clh_host* host_ = nullptr;
  clh_object object_{};
};

}  // namespace clh
