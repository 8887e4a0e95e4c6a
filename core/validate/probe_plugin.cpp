#include "core/validate/probe_plugin.hpp"

#include <clh/model.hpp>

#include "core/version.hpp"

namespace clh::core {
namespace {

class Steps final : public Model {
 public:
  using Model::Model;

  double observe(const Batch& batch) override {
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    optimizer().step();
    return loss.item<double>();
  }
};

}  // namespace

ComponentDescription probe_model() {
  return model<Steps>(kProbeModel, "Plain steps for validation", kAllScenarios);
}

const clh_plugin& probe_plugin() {
  static const char* const identity[4] = {"org.clh.validation", kVersion, "MIT", ""};
  return *plugin_table(identity, probe_dataset(), probe_backbone(), probe_model());
}

}  // namespace clh::core
