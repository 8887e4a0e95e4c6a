#include "core/validate/lut_parts.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/rand.h>

namespace clh::core {
namespace {

clh_shape flat(std::int64_t n) {
  clh_shape shape{};
  shape.rank = 1;
  shape.dim[0] = n;
  return shape;
}

}  // namespace

at::Tensor made_up_values(std::vector<std::int64_t> sizes, std::uint64_t number) {
  auto generator = at::detail::createCPUGenerator(number);
  return at::rand(sizes, generator);
}

Instance make_encoder(Bench& bench, const clh_factory& factory) {
  clh_encoder_spec spec{};
  spec.struct_size = sizeof spec;
  spec.input = flat(kEncoderInputs);
  spec.high = 1.0;
  return bench.create(factory, spec);
}

Instance make_node(Bench& bench, const clh_factory& factory, std::int32_t fan_in) {
  const clh_node_spec spec{sizeof(clh_node_spec), fan_in, kUnits};
  return bench.create(factory, spec);
}

Instance make_layer(Bench& bench, const clh_factory& factory) {
  const clh_layer_spec spec{sizeof(clh_layer_spec), 0, flat(kLayerInputs), kUnits};
  return bench.create(factory, spec);
}

at::Tensor plain_mapping(std::int64_t units, std::int32_t fan_in, std::int64_t inputs) {
  return (at::arange(units).unsqueeze(1) + at::arange(fan_in).unsqueeze(0))
      .remainder(inputs)
      .to(at::kInt)
      .contiguous();
}

at::Tensor node_forward(const Instance& node, const at::Tensor& x, const at::Tensor& mapping) {
  clh_tensor* y = nullptr;
  call(node.table<clh_node_vt>().forward, node.self(), lend(x), lend(mapping), &y);
  return adopt(y);
}

StateRecord* own_part(StateRecord& record) {
  auto& children = record.children.at("component")->children;
  const auto found = children.find("state");
  return found == children.end() ? nullptr : found->second.get();
}

}  // namespace clh::core
