// Layer: a wiring of look-up tables. It owns the mapping and creates its nodes.
#pragma once
#include <clh/component.hpp>
#include <clh/trampoline.hpp>

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
    using Over = Trampoline<LayerKind, T>;
    static const clh_layer_vt vt{sizeof(clh_layer_vt),
                                 0,
                                 destroy,
                                 Over::template map<&T::forward>,
                                 Over::template dims<&T::output_shape>,
                                 Over::template sink<&T::parameters>,
                                 Over::template sink<&T::buffers>,
                                 Over::template make<&T::mapping>,
                                 Over::template make<&T::truth_table>,
                                 Over::template flag<&T::set_training>,
                                 Over::template call<&T::after_step>};
    return &vt;
  }
  template <class T>
  static const void* extension(const char*) {
    return nullptr;
  }
};

template <class T>
ComponentDescription layer(const char* id, const char* title) {
  return describe<LayerKind, T>(id, title);
}

}  // namespace clh
