#include "core/instances/backbone_proxy.hpp"

#include <ATen/core/Tensor.h>

#include "core/abi/shape_check.hpp"
#include "core/abi/tensor_sink.hpp"

namespace clh::core {

BackboneProxy::BackboneProxy(RunContext& run, const clh_factory& factory,
                             const clh_backbone_spec& spec, const char* init_stream)
    : instance_(run, factory, &spec, init_stream),
      table_(&instance_.table<clh_backbone_vt>()),
      gates_(instance_.extension<clh_backbone_gates_ext>("clh.backbone.gates/1")),
      encoder_(instance_.extension<clh_backbone_encoder_ext>("clh.backbone.encoder/1")) {
  instance_.require_size(sizeof(clh_backbone_vt));
  instance_.require(table_->destroy, "destroy");
  instance_.require(table_->features, "features");
  instance_.require(table_->feature_shape, "feature_shape");
  instance_.require(table_->parameters, "parameters");
  instance_.enter("feature_shape", table_->feature_shape, &shape_);
  if (const auto defect = shape_defect(shape_, 0)) {
    instance_.fail_contract("feature_shape", defect->text());
  }
  features_ = value_count(shape_);
}

at::Tensor BackboneProxy::features(const at::Tensor& x) const {
  auto made = instance_.make("features", table_->features, lend(x));
  if (made.dim() != 2) {
    made = made.flatten(1);
  }
  if (made.size(0) != x.size(0) || made.size(1) != features_) {
    instance_.fail_contract("features", "expected [" + std::to_string(x.size(0)) + ", " +
                                            std::to_string(features_) + "], found [" +
                                            std::to_string(made.size(0)) + ", " +
                                            std::to_string(made.size(1)) + "]");
  }
  return made;
}

std::vector<NamedTensor> BackboneProxy::parameters() const {
  TensorSink sink;
  instance_.call("parameters", table_->parameters, sink.table());
  return sink.take();
}

std::vector<NamedTensor> BackboneProxy::buffers() const {
  TensorSink sink;
  if (table_->buffers != nullptr) {
    instance_.call("buffers", table_->buffers, sink.table());
  }
  return sink.take();
}

void BackboneProxy::set_training(bool on) const {
  if (table_->set_training != nullptr) {
    instance_.call("set_training", table_->set_training, on ? 1 : 0);
  }
}

void BackboneProxy::after_step() const {
  if (table_->after_step != nullptr) {
    instance_.call("after_step", table_->after_step);
  }
}

}  // namespace clh::core
