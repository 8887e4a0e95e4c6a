// Nodes: corners that equal the tables, gradients that equal the differences.
#include <clh/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "core/validate/bad_inputs.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/lut_gradient.hpp"
#include "core/validate/lut_parts.hpp"

namespace clh::core {
namespace {

/// A node of some fan-in under the real host.
class MadeNode final {
 public:
  MadeNode(Workshop& workshop, const ProvidedComponent& provided, std::int32_t fan_in)
      : bench_(workshop, workshop.seed()),
        instance_(
            make_node(bench_, bench_.choose(CLH_NODE, workshop.full_name(provided)), fan_in)) {}
  const Instance& instance() const { return instance_; }
  const clh_node_vt& table() const { return instance_.table<clh_node_vt>(); }

 private:
  Bench bench_;
  Instance instance_;
};

std::string check_corners(Workshop& workshop, const ProvidedComponent& provided) {
  const at::NoGradGuard no_grad;
  for (const std::int32_t k : {1, 2, 4, 6}) {
    const MadeNode node(workshop, provided, k);
    const auto where = " (" + std::to_string(k) + " pins)";
    const auto entries = std::int64_t{1} << k;
    const auto truth = node.instance().make(node.table().truth_table);
    expect(truth.defined() && truth.scalar_type() == at::kByte &&
               truth.sizes() == at::IntArrayRef({kUnits, entries}),
           "a uint8 truth table [units, 2^k]" + where, "another form");
    const auto address = at::arange(entries).unsqueeze(1);
    const auto corners = address.bitwise_right_shift(at::arange(k)).bitwise_and(1).to(at::kFloat);
    const auto mapping = at::arange(k, at::kInt).expand({kUnits, k}).contiguous();
    const auto y = node_forward(node.instance(), corners, mapping);  // [2^k, units]
    expect(y.sizes() == at::IntArrayRef({entries, kUnits}), "outputs [B, units]" + where,
           c10::str(y.sizes()));
    clh_tensor* raw = nullptr;
    if (node.table().table != nullptr) {
      call(node.table().table, node.instance().self(), &raw);
    }
    const auto soft = adopt(raw);
    if (soft.defined()) {
      const auto hard = ((y == 0) | (y == 1)).all().item<bool>();
      expect(hard || at::allclose(y.t(), soft.to(at::kFloat), 1e-4, 1e-5),
             "outputs at the corners that equal table()" + where, "others");
    }
    const auto ones = y.t().masked_select(truth.to(at::kBool));
    const auto zeros = y.t().masked_select(truth.to(at::kBool).logical_not());
    expect(ones.numel() == 0 || zeros.numel() == 0 ||
               ones.min().item<double>() >= zeros.max().item<double>(),
           "a truth table that is 1 where the output lies above a level (pin 0 lowest)" + where,
           "a larger output at a 0 than at a 1");
  }
  return "1, 2, 4 and 6 pins";
}

std::string check_node_gradients(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeNode node(workshop, provided, 3);
  const auto mapping = plain_mapping(kUnits, 3, 8);
  const auto x = made_up_values({4, 8}, 7) * 0.9 + 0.05;
  return compare_gradients(
      [&](const at::Tensor& in) { return node_forward(node.instance(), in, mapping); }, x,
      node.instance().collect(node.table().parameters));
}

std::string check_node_bad_input(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeNode node(workshop, provided, 2);
  const auto good = plain_mapping(kUnits, 2, 8);
  const auto refuse = [&](const std::string& what, const at::Tensor& x, const at::Tensor& mapping) {
    auto error = empty_error();
    int mark = 0;
    clh_tensor* const untouched = reinterpret_cast<clh_tensor*>(&mark);
    clh_tensor* out = untouched;
    const auto status =
        node.table().forward(node.instance().self(), lend(x), lend(mapping), &out, &error);
    if (status == CLH_OK) {
      static_cast<void>(adopt(out));
      throw CheckFailed{"an error from forward for " + what, "outputs"};
    }
    expect_failure_form("forward with " + what, status, error);
    expect(out == untouched, "nothing written by a failing forward (rule R4)", "another value");
  };
  const auto x = made_up_values({4, 8}, 8);
  refuse("x of dtype double", x.to(at::kDouble), good);
  refuse("x without dimensions", at::zeros({}), good);
  refuse("a mapping of dtype int64", x, good.to(at::kLong));
  refuse("a mapping beyond the inputs", x, good + 8);
  refuse("a negative mapping", x, good - 8);
  refuse("a mapping for more pins", x, plain_mapping(kUnits, 3, 8));
  static_cast<void>(
      node_forward(node.instance(), at::full({4, 8}, std::nan("")), good));  // no crash
  return "6 failing calls";
}

std::string check_node_parameters(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeNode node(workshop, provided, 4);
  const auto first = node.instance().collect(node.table().parameters);
  const auto second = node.instance().collect(node.table().parameters);
  expect(first.size() == second.size(), "the same parameters at each call (rule R13)", "others");
  for (std::size_t i = 0; i < first.size(); ++i) {
    expect(first[i].name == second[i].name && first[i].tensor.is_same(second[i].tensor),
           "the same parameters in the same order (rule R13)", "another " + first[i].name);
    expect(first[i].tensor.scalar_type() == at::kFloat && first[i].tensor.is_leaf(),
           "float32 leaves (rule R13)", "another form of " + first[i].name);
  }
  return std::to_string(first.size()) + " parameters";
}

}  // namespace

std::vector<ComponentCheck> node_checks() {
  return {
      {"behave.corners", "outputs at the corners that equal table and truth table", check_corners},
      {"behave.gradients", "gradients that equal finite differences", check_node_gradients},
      {"behave.parameters", "the same float32 leaves at each call", check_node_parameters},
      {"behave.bad-input", "an error for bad tensors, nothing written by it", check_node_bad_input},
  };
}

}  // namespace clh::core
