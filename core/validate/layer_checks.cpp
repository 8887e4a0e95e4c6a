// Layers: a legal wiring, outputs of the declared shape, gradients that equal the differences.
#include <clh/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "core/validate/bad_inputs.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/lut_gradient.hpp"
#include "core/validate/lut_parts.hpp"

namespace clh::core {
namespace {

class MadeLayer final {
 public:
  MadeLayer(Workshop& workshop, const ProvidedComponent& provided)
      : bench_(workshop, workshop.seed()),
        instance_(make_layer(bench_, bench_.choose(CLH_LAYER, workshop.full_name(provided)))) {}
  const Instance& instance() const { return instance_; }
  const clh_layer_vt& table() const { return instance_.table<clh_layer_vt>(); }

 private:
  Bench bench_;
  Instance instance_;
};

std::string check_wiring(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeLayer layer(workshop, provided);
  const auto mapping = layer.instance().make(layer.table().mapping);
  expect(mapping.defined() && mapping.scalar_type() == at::kInt && mapping.dim() == 2 &&
             mapping.size(1) >= 1 && mapping.size(1) <= 8,
         "an int32 mapping [units, k] with k from 1 to 8", "another form");
  expect(mapping.min().item<int>() >= 0 && mapping.max().item<int>() < kLayerInputs,
         "pins from 0 to " + std::to_string(kLayerInputs - 1),
         std::to_string(mapping.min().item<int>()) + " to " +
             std::to_string(mapping.max().item<int>()));
  const auto units = mapping.size(0), entries = std::int64_t{1} << mapping.size(1);
  expect(units == layer.instance().shape(layer.table().output_shape).numel(),
         "as many units as output_shape says", std::to_string(units));
  const auto truth = layer.instance().make(layer.table().truth_table);
  expect(truth.defined() && truth.scalar_type() == at::kByte &&
             truth.sizes() == at::IntArrayRef({units, entries}) && truth.max().item<int>() <= 1,
         "a truth table [units, 2^k] of 0 and 1", "another form");
  return std::to_string(units) + " units of " + std::to_string(mapping.size(1)) + " pins";
}

std::string check_outputs(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeLayer layer(workshop, provided);
  const auto units = layer.instance().shape(layer.table().output_shape).numel();
  for (const std::int64_t batch : {1, 7, 13}) {
    const auto y =
        layer.instance().map(layer.table().forward, made_up_values({batch, kLayerInputs}, 9));
    expect(y.sizes() == at::IntArrayRef({batch, units}), "outputs [B, units]", c10::str(y.sizes()));
    expect(y.isfinite().all().item<bool>(), "finite outputs", "others");
  }
  return "";
}

std::string check_layer_gradients(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeLayer layer(workshop, provided);
  const auto x = made_up_values({2, kLayerInputs}, 7) * 0.9 + 0.05;
  return compare_gradients(
      [&](const at::Tensor& in) { return layer.instance().map(layer.table().forward, in); }, x,
      layer.instance().collect(layer.table().parameters));
}

std::string check_layer_bad_input(Workshop& workshop, const ProvidedComponent& provided) {
  const MadeLayer layer(workshop, provided);
  const auto failures =
      check_map("forward", layer.table().forward, layer.instance().self(), {kLayerInputs});
  return std::to_string(failures) + " failing calls";
}

}  // namespace

std::vector<ComponentCheck> layer_checks() {
  return {
      {"behave.wiring", "a legal mapping and a truth table of its size", check_wiring},
      {"behave.outputs", "finite outputs of the declared shape for any batch", check_outputs},
      {"behave.gradients", "gradients that equal finite differences", check_layer_gradients},
      {"behave.bad-input", "an error for bad tensors, nothing written by it",
       check_layer_bad_input},
  };
}

}  // namespace clh::core
