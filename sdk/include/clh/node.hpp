// Node: how the parameters of a layer of look-up tables become tables, or values on pins.
#pragma once
#include <clh/tensor.hpp>
#include <clh/trampoline.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_right_shift.h>
#include <ATen/TensorOperators.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

using NodeContext = Context<clh_node_spec>;

/// How the host's kernel differentiates a table with respect to the pins.
struct LutGradient {
  std::int32_t kind = CLH_LUT_MLE;  // multilinear; smoothed: coefficients {epsilon}; radial: k weights
  std::vector<double> coefficients;
  bool binarise = false;  // the output is [T > level], straight through
};

/// A group of U look-up tables with k pins each. Override one of table(), forward(pins) and
/// forward(x, mapping). Pin 0 is the lowest address bit.
class Node : public HostServices {
 public:
  using Options = NoOptions;
  explicit Node(const NodeContext& context)
      : HostServices(context.host), units_(context.spec->units), fan_in_(context.spec->fan_in) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// The tables [U, 2^k] with gradient, for the host's kernel; undefined = no table in training.
  virtual at::Tensor table() { return {}; }
  /// How the kernel treats table().
  virtual LutGradient gradient() const { return {}; }
  /// A table entry is 1 iff it lies strictly above this level.
  virtual double level() const { return 0.5; }
  /// pins [B, U, k] -> [B, U].
  virtual at::Tensor forward(const at::Tensor& pins) {
    const auto arange = at::arange(units() * fan_in(), at::kInt).view({units(), fan_in()});
    return forward(pins.flatten(1), arange);
  }
  /// x [B, in], mapping [U, k] int32 -> [B, U].
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& mapping) {
    const auto tables = table();
    if (!tables.defined()) {
      return forward(x.index_select(1, mapping.flatten()).view({x.size(0), units(), fan_in()}));
    }
    return evaluate(tables, x, mapping);
  }
  /// The hard tables [U, 2^k] uint8: the output at each corner, strictly above level().
  virtual at::Tensor truth_table() {
    const c10::NoGradGuard no_grad;
    auto soft = table();
    if (!soft.defined()) {
      const auto address = at::arange(table_size(), at::kLong).unsqueeze(1);
      const auto pin = at::arange(fan_in(), at::kLong).unsqueeze(0);
      const auto corners = at::bitwise_and(at::bitwise_right_shift(address, pin), 1).to(at::kFloat);
      soft = forward(corners.unsqueeze(1).expand({table_size(), units(), fan_in()})).t();
    }
    return (soft > level()).to(at::kByte).contiguous();
  }
  virtual void set_training(bool) {}
  /// Brings parameters back into their range after an optimizer step.
  virtual void after_step() {}
  /// State beyond the parameters.
  virtual void state(Archive&) {}

  const std::vector<NamedTensor>& parameters() const { return parameters_; }

 protected:
  std::int64_t units() const { return units_; }
  std::int64_t fan_in() const { return fan_in_; }
  std::int64_t table_size() const { return std::int64_t{1} << fan_in_; }
  /// Registers a float32 leaf; LibTorch's generator is seeded from the stream `init` while a
  /// component is constructed.
  at::Tensor parameter(const char* name, at::Tensor values) {
    values.set_requires_grad(true);
    parameters_.push_back({name, values});
    return values;
  }
  Rng rng(const char* name) const { return {c_host(), name}; }

 private:
  at::Tensor evaluate(const at::Tensor& tables, const at::Tensor& x, const at::Tensor& mapping) const {
    const auto* kernel = extension<clh_lut_ext>("clh.lut/1");
    if (kernel == nullptr) {
      throw StatusError(CLH_E_UNSUPPORTED, "expected a host with clh.lut/1, found one without");
    }
    const auto how = gradient();
    clh_lut_call c{};
    c.struct_size = sizeof c;
    c.gradient = how.kind;
    c.binarise = how.binarise ? 1 : 0;
    c.level = level();
    c.coef = how.coefficients.data();
    c.n_coef = static_cast<std::int64_t>(how.coefficients.size());
    c.mapping = lend(mapping);
    c.table = lend(tables);
    c.x = lend(x);
    call(kernel->evaluate, &c);
    return adopt(c.y);
  }

  std::int64_t units_, fan_in_;
  std::vector<NamedTensor> parameters_;
};

struct NodeKind : TorchKind<Node> {
  using Spec = clh_node_spec;
  static constexpr clh_kind kKind = CLH_NODE;

  template <class T>
  static const clh_node_vt* table() {
    using Over = Trampoline<NodeKind, T>;
    static const clh_node_vt vt{
        sizeof(clh_node_vt), 0, destroy,
        [](void* p, const clh_tensor* x, const clh_tensor* mapping, clh_tensor** y,
           clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            *y = give(static_cast<Node&>(self<T>(p)).forward(borrow(x), borrow(mapping)));
          });
        },
        Over::template sink<&T::parameters>, Over::template make<&T::truth_table>,
        Over::template make<&T::table>, Over::template flag<&T::set_training>,
        Over::template call<&T::after_step>};
    return &vt;
  }
  template <class T>
  static const void* extension(const char*) {
    return nullptr;
  }
};

template <class T>
ComponentDescription node(const char* id, const char* title) {
  return describe<NodeKind, T>(id, title);
}

}  // namespace clh
