// Backbone: the network up to its features; the head is the host's.
#pragma once
#include <clh/gate_layer.hpp>
#include <clh/tensor.hpp>
#include <clh/trampoline.hpp>

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

using BackboneContext = Context<clh_backbone_spec>;

/// A torch module that maps inputs to features. Register sub-modules; parameters() and buffers()
/// are given to the host in their registration order.
class Backbone : public torch::nn::Module {
 public:
  using Options = NoOptions;
  explicit Backbone(const BackboneContext& context)
      : host_(context.host),
        input_(context.spec->input),
        low_(context.spec->low),
        high_(context.spec->high) {}

  /// Shape of one sample's features, [F] after flattening.
  virtual Shape feature_shape() const = 0;
  /// x [B, ...] -> [B, F].
  virtual at::Tensor features(const at::Tensor& x) = 0;
  /// Brings parameters back into their range after an optimizer step.
  virtual void after_step() {}
  /// State beyond parameters and buffers.
  virtual void state(Archive&) {}

 protected:
  const Shape& input_shape() const { return input_; }
  double input_low() const { return low_; }
  double input_high() const { return high_; }
  HostServices services() const { return HostServices(host_); }

 private:
  const clh_host* host_;
  Shape input_;
  double low_, high_;
};

/// Optional ability of a backbone, "clh.backbone.gates/1".
class GatedBackbone {
 public:
  virtual ~GatedBackbone() = default;
  /// In forward order, the same list every time; parameters are named as they are given to the host.
  virtual std::vector<GateLayer> gate_layers() const = 0;
  /// `<layer>.input` [B, in] and `<layer>.output` [B, units] before the non-linearity, and at the
  /// end `features` [B, F], all of one graph.
  virtual std::vector<NamedTensor> activations(const at::Tensor& x) = 0;
  /// features(x) with the output of layer i multiplied by gates[i] [units] after its non-linearity;
  /// an undefined gate is open.
  virtual at::Tensor gated_features(const at::Tensor& x,
                                       const std::vector<at::Tensor>& gates) = 0;
};

/// Optional ability of a backbone that starts with an encoder, "clh.backbone.encoder/1".
class EncodedBackbone {
 public:
  virtual ~EncodedBackbone() = default;
  /// x [N, ...] float: training samples of the first task.
  virtual void fit(const at::Tensor& x) = 0;
  /// x [B, ...] -> bits [B, W] uint8, which features() takes as well.
  virtual at::Tensor encode(const at::Tensor& x) = 0;
};

struct BackboneKind {
  using Spec = clh_backbone_spec;
  using Errors = TorchErrors;
  static constexpr clh_kind kKind = CLH_BACKBONE;
  static TorchSizes torch() { return TorchKind<Backbone>::torch(); }

  /// Holds the module as LibTorch wants it, and the gate list in C form.
  template <class T>
  struct Instance {
    explicit Instance(T* object) : module(object) {
      if constexpr (std::is_base_of_v<GatedBackbone, T>) {
        layers = module->gate_layers();
        for (const auto& layer : layers) {
          c_layers.push_back({layer.name.c_str(), layer.weight.c_str(),
                              layer.bias.empty() ? nullptr : layer.bias.c_str(), layer.units,
                              layer.input});
        }
      }
    }
    std::shared_ptr<T> module;
    std::vector<GateLayer> layers;
    std::vector<clh_gate_layer> c_layers;
  };
  template <class T>
  static void* wrap(T* object) {
    return new Instance<T>(object);
  }
  template <class T>
  static T& self(void* p) {
    return *static_cast<Instance<T>*>(p)->module;
  }
  template <class T>
  static const clh_backbone_vt* table() {
    using Over = Trampoline<BackboneKind, T>;
    static const clh_backbone_vt vt{
        sizeof(clh_backbone_vt), 0, [](void* p) { delete static_cast<Instance<T>*>(p); },
        Over::template map<&T::features>, Over::template dims<&T::feature_shape>,
        [](void* p, const clh_tensor_sink* sink, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            for (const auto& item : self<T>(p).named_parameters()) {
              put(*sink, item.key(), item.value());
            }
          });
        },
        [](void* p, const clh_tensor_sink* sink, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            for (const auto& item : self<T>(p).named_buffers()) {
              put(*sink, item.key(), item.value());
            }
          });
        },
        Over::template flag<&T::train>, Over::template call<&T::after_step>};
    return &vt;
  }
  template <class T>
  static const void* extension(const char* id) {
    if constexpr (std::is_base_of_v<GatedBackbone, T>) {
      static const clh_backbone_gates_ext gates{
          sizeof(clh_backbone_gates_ext), 0,
          [](void* p, std::int64_t* n) -> const clh_gate_layer* {
            const auto& layers = static_cast<Instance<T>*>(p)->c_layers;
            *n = static_cast<std::int64_t>(layers.size());
            return layers.data();
          },
          [](void* p, const clh_tensor* x, const clh_tensor_sink* sink,
             clh_error* e) noexcept -> clh_status {
            return guard<Errors>(e, [&] {
              for (const auto& item : self<T>(p).activations(borrow(x))) {
                put(*sink, item.name, item.tensor);
              }
            });
          },
          [](void* p, const clh_tensor* x, const clh_tensor* const* g, std::int64_t n,
             clh_tensor** out, clh_error* e) noexcept -> clh_status {
            return guard<Errors>(e, [&] {
              std::vector<at::Tensor> list;
              for (std::int64_t i = 0; i < n; ++i) {
                list.push_back(borrow(g[i]));
              }
              *out = give(self<T>(p).gated_features(borrow(x), list));
            });
          }};
      if (std::strcmp(id, "clh.backbone.gates/1") == 0) {
        return &gates;
      }
    }
    if constexpr (std::is_base_of_v<EncodedBackbone, T>) {
      static const clh_backbone_encoder_ext encoder{
          sizeof(clh_backbone_encoder_ext), 0,
          [](void* p, const clh_tensor* x, clh_error* e) noexcept -> clh_status {
            return guard<Errors>(e, [&] { self<T>(p).fit(borrow(x)); });
          },
          Trampoline<BackboneKind, T>::template map<&T::encode>};
      if (std::strcmp(id, "clh.backbone.encoder/1") == 0) {
        return &encoder;
      }
    }
    return nullptr;
  }
};

template <class T>
ComponentDescription backbone(const char* id, const char* title) {
  return describe<BackboneKind, T>(id, title);
}

}  // namespace clh
