#include "core/instances/vjp_node.hpp"

#include <clh/archive.hpp>
#include <clh/tensor.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/abi/tensor_sink.hpp"

namespace clh::core {
namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

clh_array array_of(const at::Tensor& t) {
  const auto rows = t.dim() == 0 ? 1 : t.size(0);
  return {t.data_ptr<float>(), rows, rows == 0 ? 0 : t.numel() / rows};
}

std::vector<clh_array> arrays_of(at::TensorList tensors) {
  std::vector<clh_array> arrays;
  for (const at::Tensor& t : tensors) {
    arrays.push_back(array_of(t));
  }
  return arrays;
}

/// The node's functions as a graph keeps them: the graph may outlive the node.
struct VjpCalls final : torch::CustomClassHolder {
  const clh_node_vjp_ext* table = nullptr;
  void* self = nullptr;  // null once the node is destroyed
  CallRecorder recorder;
};

/// The first arguments are the differentiable ones: x [B, in] and the parameters.
struct VjpFunction : torch::autograd::Function<VjpFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, at::TensorList parameters,
                            const at::Tensor& mapping, const c10::intrusive_ptr<VjpCalls>& node) {
    const auto data = x.detach().to(at::kFloat).contiguous();
    auto y = at::zeros({data.size(0), mapping.size(0)});
    const auto in = array_of(data);
    auto out = array_of(y);
    const auto values = arrays_of(parameters);
    const ScopedCallRecord scope(node->recorder, "forward");
    call(node->table->forward, node->self, &in,
         static_cast<const std::int32_t*>(mapping.data_ptr<std::int32_t>()), values.data(), &out);
    variable_list saved{data, mapping};
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    ctx->save_for_backward(std::move(saved));
    ctx->saved_data["node"] = c10::IValue::make_capsule(node);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& y_grads) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "clh.node.vjp/1 is differentiable once: expected backward without create_graph");
    const auto capsule = ctx->saved_data["node"].toCapsule();
    const auto& node = static_cast<const VjpCalls&>(*capsule);
    TORCH_CHECK(node.self != nullptr,
                "clh.node.vjp/1: expected a node that lives until backward, found it destroyed");
    const auto saved = ctx->get_saved_variables();
    const auto &data = saved[0], &mapping = saved[1];
    const variable_list parameters(saved.begin() + 2, saved.end());
    const auto y_grad = y_grads[0].contiguous();
    variable_list grads{at::zeros_like(data)};
    for (const auto& parameter : parameters) {
      grads.push_back(at::zeros(parameter.sizes()));
    }
    const auto in = array_of(data), out_grad = array_of(y_grad);
    auto in_grad = array_of(grads[0]);
    const auto values = arrays_of(parameters);
    auto value_grads = arrays_of(at::TensorList(grads).slice(1));
    const ScopedCallRecord scope(node.recorder, "vjp");
    call(node.table->vjp, node.self, &in,
         static_cast<const std::int32_t*>(mapping.data_ptr<std::int32_t>()), values.data(),
         &out_grad, &in_grad, value_grads.data());
    grads.emplace_back();  // mapping
    grads.emplace_back();  // node
    return grads;
  }
};

class VjpNode final {
 public:
  /// Errors: StatusError.
  VjpNode(const clh_object& node, const clh_node_spec& spec, const CallRecorder& recorder)
      : node_(node),
        inner_(static_cast<const clh_node_vt*>(node.vtable)),
        units_(spec.units),
        fan_in_(spec.fan_in),
        calls_(c10::make_intrusive<VjpCalls>()),
        component_(*node.component) {
    calls_->table = vjp_extension(*node.component);
    calls_->self = node.self;
    calls_->recorder = recorder;
    if (calls_->table->forward == nullptr || calls_->table->vjp == nullptr) {
      throw StatusError(CLH_E_INTERNAL,
                        "expected clh.node.vjp/1 with forward and vjp, found one missing");
    }
    TensorSink sink;
    call(inner_->parameters, node_.self, sink.table());
    for (auto& item : sink.take()) {
      add(std::move(item));
    }
    fill_table();
    const bool has_state = node.component->get_extension("clh.state/1") != nullptr;
    component_.get_extension = has_state ? get_state : get_nothing;
  }
  ~VjpNode() { calls_->self = nullptr; }
  VjpNode(const VjpNode&) = delete;
  VjpNode& operator=(const VjpNode&) = delete;

  /// Its table and component are its own: the graph's self is this object, not the node.
  clh_object object() { return {&table_, this, &component_}; }

 private:
  static VjpNode& self(void* p) { return *static_cast<VjpNode*>(p); }

  void add(NamedTensor item) {
    const auto& t = item.tensor;
    if (!t.defined() || t.scalar_type() != at::kFloat || !t.device().is_cpu() || !t.is_leaf() ||
        !t.is_contiguous()) {
      throw StatusError(CLH_E_INTERNAL,
                        "expected parameter " + item.name +
                            " as a float32, C-contiguous tensor on the CPU, found " +
                            (t.defined() ? t.toString() : "none"));
    }
    t.set_requires_grad(true);
    names_.push_back(std::move(item.name));
    values_.push_back(t);
  }

  void fill_table() {
    table_.struct_size = sizeof table_;
    table_.destroy = [](void* p) {
      const auto node = self(p).node_;
      delete static_cast<VjpNode*>(p);
      static_cast<const clh_node_vt*>(node.vtable)->destroy(node.self);
    };
    table_.forward = [](void* p, const clh_tensor* x, const clh_tensor* mapping, clh_tensor** y,
                        clh_error* error) noexcept -> clh_status {
      return guard<TorchErrors>(error,
                                [&] { *y = give(self(p).forward(borrow(x), borrow(mapping))); });
    };
    table_.parameters = [](void* p, const clh_tensor_sink* sink,
                           clh_error* error) noexcept -> clh_status {
      return guard<TorchErrors>(error, [&] {
        const auto& node = self(p);
        for (std::size_t i = 0; i < node.values_.size(); ++i) {
          put(*sink, node.names_[i], node.values_[i]);
        }
      });
    };
    table_.truth_table = [](void* p, clh_tensor** out, clh_error* error) -> clh_status {
      return self(p).inner_->truth_table(self(p).node_.self, out, error);
    };
    if (inner_->table != nullptr) {
      table_.table = [](void* p, clh_tensor** out, clh_error* error) -> clh_status {
        return self(p).inner_->table(self(p).node_.self, out, error);
      };
    }
    if (inner_->set_training != nullptr) {
      table_.set_training = [](void* p, std::int32_t on, clh_error* error) -> clh_status {
        return self(p).inner_->set_training(self(p).node_.self, on, error);
      };
    }
    if (inner_->after_step != nullptr) {
      table_.after_step = [](void* p, clh_error* error) -> clh_status {
        return self(p).inner_->after_step(self(p).node_.self, error);
      };
    }
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& mapping) const {
    if (!x.defined() || x.dim() != 2 || !x.device().is_cpu() ||
        (x.scalar_type() != at::kFloat && x.scalar_type() != at::kByte)) {
      throw UsageError("[clh.node.vjp/1] expected x [B, in] float32 or uint8 on the CPU");
    }
    if (!mapping.defined() || mapping.scalar_type() != at::kInt || mapping.dim() != 2 ||
        mapping.size(0) != units_ || mapping.size(1) != fan_in_) {
      throw UsageError("[clh.node.vjp/1] expected mapping [" + std::to_string(units_) + ", " +
                       std::to_string(fan_in_) + "] int32");
    }
    const auto pins = mapping.contiguous();
    const auto* pin = pins.data_ptr<std::int32_t>();
    const auto inputs = x.size(1);
    if (!std::all_of(pin, pin + pins.numel(),
                     [inputs](std::int32_t p) { return p >= 0 && p < inputs; })) {
      throw UsageError("[clh.node.vjp/1] expected pins of mapping in [0, " +
                       std::to_string(inputs) + ")");
    }
    return VjpFunction::apply(x, at::TensorList(values_), pins, calls_);
  }

  // Extensions get this object as their instance, so only what is passed on can be offered.
  static const void* get_nothing(const char*) { return nullptr; }
  static const void* get_state(const char* id) {
    static const clh_state_ext state{
        sizeof(clh_state_ext), 1,
        [](void* p, const clh_writer* writer, clh_error* error) noexcept -> clh_status {
          return guard<TorchErrors>(error, [&] {
            Archive archive(*writer);
            self(p).state(archive);
          });
        },
        [](void* p, std::uint32_t version, const clh_reader* reader,
           clh_error* error) noexcept -> clh_status {
          return guard<TorchErrors>(error, [&] {
            Archive archive(*reader, version);
            self(p).state(archive);
          });
        }};
    return std::strcmp(id, "clh.state/1") == 0 ? &state : nullptr;
  }

  void state(Archive& archive) {
    const auto* own =
        static_cast<const clh_state_ext*>(node_.component->get_extension("clh.state/1"));
    archive_component(archive, *own, node_.self);
  }

  clh_object node_;
  const clh_node_vt* inner_;
  std::int64_t units_, fan_in_;
  c10::intrusive_ptr<VjpCalls> calls_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> values_;  // leaves, the network's arena holds their memory
  clh_node_vt table_{};
  clh_component component_;
};

}  // namespace

const clh_node_vjp_ext* vjp_extension(const clh_component& component) {
  const auto* table =
      component.get_extension == nullptr
          ? nullptr
          : static_cast<const clh_node_vjp_ext*>(component.get_extension("clh.node.vjp/1"));
  return table != nullptr && table->struct_size >= sizeof(clh_node_vjp_ext) ? table : nullptr;
}

clh_object wrap_vjp_node(const clh_object& node, const clh_node_spec& spec,
                         const CallRecorder& recorder) {
  return std::make_unique<VjpNode>(node, spec, recorder).release()->object();
}

}  // namespace clh::core
