#include "core/validate/probe_plugin.hpp"

#include <clh/model.hpp>

#include "core/version.hpp"

// What clh_add_plugin generates for plugins.
extern "C" const char* const clh_plugin_identity[5] = {
    "org.clh.validation", clh::core::kVersion, "MIT", "",
    "model:validation-steps=class-il,domain-il,task-il,task-free"};

namespace clh::core {
namespace {

class Steps final : public Model {
 public:
  using Model::Model;

  double observe(const Batch& batch) override {
    return learn(criterion(net().forward(batch.inputs), batch.labels));
  }
};

}  // namespace

ComponentDescription probe_model() {
  return model<Steps>(kProbeModel, "Plain steps for validation");
}

const clh_plugin& probe_plugin() {
  return *plugin_table(clh_plugin_identity, probe_dataset(), probe_backbone(), probe_model());
}

}  // namespace clh::core
