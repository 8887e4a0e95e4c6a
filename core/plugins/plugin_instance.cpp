#include "core/plugins/plugin_instance.hpp"

#include "core/error.hpp"

namespace clh::core {

PluginInstance::PluginInstance(RunContext& run, const clh_factory& factory, const void* spec,
                               const char* init_stream)
    : run_(&run), host_(run, factory.path, factory.path) {
  host_.create(factory, spec, init_stream, &object_);
}

PluginInstance::~PluginInstance() {
  // Every kind's table starts with struct_size, reserved, destroy.
  const auto* table = static_cast<const clh_model_vt*>(object_.vtable);
  if (table != nullptr && table->destroy != nullptr) {
    table->destroy(object_.self);
  }
}

void PluginInstance::fail_contract(const char* what, const std::string& text) const {
  throw PluginError(label(), component().id, what, CLH_E_INTERNAL, text);
}

void PluginInstance::require_size(std::uint32_t expected) const {
  const auto found = static_cast<const clh_model_vt*>(object_.vtable)->struct_size;
  if (found < expected) {
    fail_contract("create", "expected a table of " + std::to_string(expected) +
                                " bytes or more, found " + std::to_string(found));
  }
}

void PluginInstance::state(Archive& archive) const {
  const auto* ext = extension<clh_state_ext>("clh.state/1");
  if (ext == nullptr) {
    return;
  }
  if (archive.loading()) {
    call("load", ext->load, archive.version(), archive.reader());
  } else {
    call("save", ext->save, archive.writer());
  }
}

}  // namespace clh::core
