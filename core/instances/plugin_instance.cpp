#include "core/instances/plugin_instance.hpp"

#include "core/abi/error_text.hpp"
#include "core/error.hpp"
#include "core/state/state_difference.hpp"
#include "core/state/state_record.hpp"

namespace clh::core {

PluginInstance::PluginInstance(RunContext& run, const clh_factory& factory, const void* spec,
                               const char* init_stream)
    : run_(&run), component_(factory.component), host_(run, factory.path, factory.path) {
  host_.create(factory, spec, init_stream, &object_);
}

PluginInstance::~PluginInstance() {
  // Every kind's table starts with struct_size, reserved, destroy.
  const auto* table = static_cast<const clh_model_vt*>(object_.vtable);
  if (table != nullptr && table->destroy != nullptr) {
    const ScopedCallRecord scope(run_->library->page(), record_, "destroy", run_->position);
    table->destroy(object_.self);
  }
}

void PluginInstance::fail_contract(const char* what, const std::string& text) const {
  throw PluginError(label(), component().id, call_and_position(*run_, what), CLH_E_INTERNAL, text);
}

void PluginInstance::require_untouched(bool untouched, const char* what,
                                       const clh_error& error) const {
  if (!untouched) {
    fail_contract(what,
                  "expected a failing call to leave its result alone, found it written; the "
                  "failure was: " +
                      message_of(error));
  }
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
  std::uint32_t version = ext->version;
  archive("version", version);
  if (version > ext->version) {
    throw Error("state",
                label() + ": expected a state of version " + std::to_string(ext->version) +
                    " or older, found version " + std::to_string(version),
                "use the build of the plugin that saved it", kExitPlugin);
  }
  archive.record("state", [&] {
    if (!archive.loading()) {
      call("save", ext->save, archive.writer());
      return;
    }
    call("load", ext->load, version, archive.reader());
    if (version == ext->version) {
      check_loaded(*ext, *archive.reader());
    }
  });
}

void PluginInstance::check_loaded(const clh_state_ext& ext, const clh_reader& reader) const {
  const auto refuse = [&](const std::string& expected, const std::string& found) {
    throw Error("state", label() + " in load: expected " + expected + ", found " + found,
                "report it to the plugin's author", kExitPlugin);
  };
  const auto forgotten = first_unread(reader);
  if (!forgotten.empty()) {
    refuse("every key that it saved to be read", "\"" + forgotten + "\" ignored");
  }
  const auto* loaded = open_record(reader);
  if (run_->full_check && loaded != nullptr) {
    StateRecord again;
    const StateWriter writer(again);
    call("save", ext.save, &writer.table());
    const auto different = state_difference(*loaded, again, {});
    if (!different.empty()) {
      refuse("a save to give what was loaded", different);
    }
  }
}

}  // namespace clh::core
