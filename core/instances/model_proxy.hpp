// ModelProxy: a model plugin's instance as the loop drives it.
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <string>

#include "core/instances/plugin_instance.hpp"

namespace clh::core {

class ModelProxy {
 public:
  /// Inputs: spec is borrowed until destruction.
  ModelProxy(RunContext& run, const clh_factory& factory, const clh_model_spec& spec);

  void begin_task(const clh_task& task) const;
  void end_task(const clh_task& task) const;
  void begin_epoch(std::int64_t epoch) const;
  void end_epoch(std::int64_t epoch) const;
  /// Returns: the loss, finite or not.
  double observe(const clh_batch& batch) const;
  /// Whether the model predicts by itself, not by the network's forward.
  bool predicts() const { return table_->predict != nullptr; }
  at::Tensor predict(const clh_query& query) const;
  void set_training(bool on) const;
  void state(Archive& archive) const { instance_.state(archive); }

  bool has(const char* capability) const { return instance_.has(capability); }
  const PluginInstance& instance() const { return instance_; }

 private:
  PluginInstance instance_;
  const clh_model_vt* table_;
};

}  // namespace clh::core
