// BackboneProxy: a backbone plugin's instance as the network uses it.
#pragma once
#include <clh/tensor.hpp>

#include <cstdint>
#include <vector>

#include "core/instances/plugin_instance.hpp"

namespace clh::core {

class BackboneProxy {
 public:
  BackboneProxy(RunContext& run, const clh_factory& factory, const clh_backbone_spec& spec,
                const char* init_stream = "init");

  /// x [B, ...] -> [B, F]. Errors: PluginError for another shape.
  at::Tensor features(const at::Tensor& x) const;
  /// F, the elements of feature_shape.
  std::int64_t feature_count() const { return features_; }
  const clh_shape& feature_shape() const { return shape_; }
  /// Leaves and buffers, in the plugin's order.
  std::vector<NamedTensor> parameters() const;
  std::vector<NamedTensor> buffers() const;
  void set_training(bool on) const;
  /// Calls the backbone's after_step, if it has one.
  void after_step() const;
  void state(Archive& archive) const { instance_.state(archive); }

  const clh_backbone_gates_ext* gates() const { return gates_; }
  const clh_backbone_encoder_ext* encoder() const { return encoder_; }
  const PluginInstance& instance() const { return instance_; }

 private:
  PluginInstance instance_;
  const clh_backbone_vt* table_;
  const clh_backbone_gates_ext* gates_;
  const clh_backbone_encoder_ext* encoder_;
  clh_shape shape_{};
  std::int64_t features_ = 0;
};

}  // namespace clh::core
