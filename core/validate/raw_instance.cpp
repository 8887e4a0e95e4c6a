#include "core/validate/raw_instance.hpp"

#include "core/abi/capabilities.hpp"
#include "core/abi/error_text.hpp"
#include "core/abi/scenario.hpp"
#include "core/validate/check.hpp"
#include "core/validate/input_shape.hpp"
#include "core/validate/lut_parts.hpp"
#include "core/validate/probe_plugin.hpp"

namespace clh::core {

RawInstance::RawInstance(Workshop& workshop, const ProvidedComponent& provided)
    : bench_(workshop, workshop.seed()) {
  const auto kind = kind_of(provided.kind);
  const auto& factory = bench_.choose(kind, workshop.full_name(provided));
  const void* spec = make_spec(workshop, provided);
  auto error = empty_error();
  const auto status =
      factory.component->create(bench_.host(), spec, factory.args, &object_, &error);
  expect(status == CLH_OK, "an instance at default options", message_of(error));
  expect(object_.vtable != nullptr && object_.self != nullptr, "an instance with a table and self",
         "null");
}

RawInstance::~RawInstance() {
  // Every kind's table starts with struct_size, reserved, destroy.
  const auto* table = static_cast<const clh_model_vt*>(object_.vtable);
  if (table != nullptr && table->destroy != nullptr) {
    table->destroy(object_.self);
  }
  if (optimizer_ && network_) {
    optimizer_->leave(network_->arena());
  }
}

std::uint32_t RawInstance::table_size(clh_kind kind) {
  switch (kind) {
    case CLH_MODEL:
      return sizeof(clh_model_vt);
    case CLH_BACKBONE:
      return sizeof(clh_backbone_vt);
    case CLH_DATASET:
      return sizeof(clh_dataset_vt);
    case CLH_ENCODER:
      return sizeof(clh_encoder_vt);
    case CLH_NODE:
      return sizeof(clh_node_vt);
    default:
      return sizeof(clh_layer_vt);
  }
}

const void* RawInstance::make_spec(Workshop& workshop, const ProvidedComponent& provided) {
  switch (kind_of(provided.kind)) {
    case CLH_MODEL: {
      const auto& component = workshop.component(provided);
      const auto scenarios = scenarios_of(component);
      input_ = probe_shape("small");
      model_.struct_size = sizeof model_;
      model_.scenario = abi_number(scenarios.empty() ? Scenario::kClassIl : scenarios.front());
      transform_ = std::make_unique<SampleTransform>(TransformPlan{}, bench_.run().streams);
      model_.aug_vt = SampleTransform::table();
      model_.aug = transform_.get();
      if (!declares(component, "no-network")) {
        make_model_parts();
      }
      return &model_;
    }
    case CLH_BACKBONE:
      input_ = probe_shape(input_shape_of(workshop, provided));
      backbone_.struct_size = sizeof backbone_;
      backbone_.input = input_.c_shape();
      backbone_.high = 1.0;
      return &backbone_;
    case CLH_DATASET:
      dataset_.struct_size = sizeof dataset_;
      return &dataset_;
    case CLH_ENCODER:
      input_ = Shape{kEncoderInputs};
      encoder_.struct_size = sizeof encoder_;
      encoder_.input = input_.c_shape();
      encoder_.high = 1.0;
      return &encoder_;
    case CLH_NODE:
      input_ = Shape{kLayerInputs};
      node_ = {sizeof node_, 4, kUnits};
      return &node_;
    default:
      input_ = Shape{kLayerInputs};
      layer_ = {sizeof layer_, 0, input_.c_shape(), kUnits};
      return &layer_;
  }
}

void RawInstance::make_model_parts() {
  NetworkPlan plan;
  plan.backbone = &bench_.choose(CLH_BACKBONE, kProbeBackbone);
  plan.input.struct_size = sizeof plan.input;
  plan.input.input = input_.c_shape();
  plan.input.high = 1.0;
  plan.blocks = {kProbeClasses};
  network_ = std::make_unique<Network>(bench_.run(), plan);
  optimizer_ = std::make_unique<Optimizer>(OptimizerChoice{"sgd", SgdOptions{}});
  optimizer_->join(network_->arena(), {}, "network");
  criterion_ = std::make_unique<Criterion>(std::vector<std::int64_t>());
  handle_.network = network_.get();
  handle_.optimizer = optimizer_.get();
  model_.net_vt = network_table();
  model_.net = &handle_;
  model_.opt_vt = Optimizer::table();
  model_.opt = optimizer_.get();
  model_.crit_vt = Criterion::table();
  model_.crit = criterion_.get();
}

}  // namespace clh::core
