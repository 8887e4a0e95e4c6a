#include "core/validate/input_shape.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linspace.h>

#include "core/instances/backbone_proxy.hpp"
#include "core/validate/bench.hpp"
#include "core/validate/check.hpp"

namespace clh::core {
namespace {

/// Errors: whatever stands in the way.
void try_shape(Workshop& workshop, const ProvidedComponent& backbone, const ConfigTable& options,
               const std::string& name) {
  Bench bench(workshop, workshop.seed());
  clh_backbone_spec spec{};
  spec.struct_size = sizeof spec;
  spec.input = probe_shape(name).c_shape();
  spec.high = 1.0;
  const auto& factory = bench.choose(CLH_BACKBONE, workshop.full_name(backbone), options);
  const BackboneProxy proxy(bench.run(), factory, spec);
  auto sizes = probe_shape(name).dims();
  sizes.insert(sizes.begin(), 8);
  const at::NoGradGuard no_grad;
  const auto x = at::linspace(0, 1, 8 * probe_shape(name).numel()).view(sizes);
  if (proxy.encoder() != nullptr) {
    proxy.instance().call("fit", proxy.encoder()->fit, lend(x));
  }
  proxy.set_training(false);
  expect(proxy.features(x).numel() > 0, "at least one feature", "none");
}

}  // namespace

Shape probe_shape(const std::string& name) {
  if (name == "grey") {
    return {1, 28, 28};
  }
  if (name == "colour") {
    return {3, 32, 32};
  }
  return name == "flat" ? Shape{16} : Shape{1, 6, 6};
}

std::string input_shape_of(Workshop& workshop, const ProvidedComponent& backbone,
                           const ConfigTable& options) {
  auto& known = workshop.input_shapes();
  if (const auto found = known.find(backbone.name); found != known.end()) {
    return found->second;  // options change a network's size, not what it reads
  }
  std::string last;
  for (const char* name : {"grey", "colour", "flat", "small"}) {
    try {
      try_shape(workshop, backbone, options, name);
      return known[backbone.name] = name;
    } catch (const CheckFailed& e) {
      last = e.found;
    } catch (const std::exception& e) {
      last = e.what();
    }
  }
  throw CheckFailed{"a backbone for inputs of 1x28x28, 3x32x32, 16 or 1x6x6", last};
}

}  // namespace clh::core
