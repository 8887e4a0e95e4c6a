// PluginInstance: owns one created component; every call is checked and becomes an exception.
#pragma once
#include <clh/tensor.hpp>

#include <string>

#include "core/plugins/capabilities.hpp"
#include "core/run/instance_host.hpp"

namespace clh::core {

class PluginInstance {
 public:
  /// Errors: those of InstanceHost::create.
  PluginInstance(RunContext& run, const clh_factory& factory, const void* spec,
                 const char* init_stream = "init");
  ~PluginInstance();
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  const clh_component& component() const { return *object_.component; }
  void* self() const { return object_.self; }
  /// "org.clh.er 1.0.0".
  std::string label() const { return run_->library->owner(component()).label(); }
  RunContext& run() const { return *run_; }

  /// Whether the component declares a capability.
  bool has(const char* capability) const { return declares(component(), capability); }

  /// The instance's function table, read only as far as it reaches.
  /// Errors: PluginError if it is shorter than `Table`'s required part.
  template <class Table>
  const Table& table() const {
    return *static_cast<const Table*>(object_.vtable);
  }
  template <class Extension>
  const Extension* extension(const char* id) const {
    const auto get = component().get_extension;
    return get == nullptr ? nullptr : static_cast<const Extension*>(get(id));
  }

  /// Calls a function of the table with the instance. `what` names the call in messages.
  template <class Function, class... Args>
  void call(const char* what, Function function, Args... args) const {
    auto error = empty_error();
    const clh_status status = function(object_.self, args..., &error);
    if (status != CLH_OK) {
      throw_status(*run_, component(), what, status, error);
    }
  }
  /// As call(), for functions whose last argument is a tensor to be made. Errors: PluginError if
  /// the plugin reports success without one.
  template <class Function, class... Args>
  at::Tensor make(const char* what, Function function, Args... args) const {
    clh_tensor* out = nullptr;
    call(what, function, args..., &out);
    auto made = adopt(out);
    if (!made.defined()) {
      fail_contract(what, "expected a tensor, found none");
    }
    return made;
  }
  [[noreturn]] void fail_contract(const char* what, const std::string& text) const;
  /// Errors: PluginError unless the function is there.
  template <class Function>
  void require(Function function, const char* name) const {
    if (function == nullptr) {
      fail_contract("create",
                    std::string("expected the required function ") + name + ", found none");
    }
  }
  void require_size(std::uint32_t expected) const;

  /// The component's own state through clh.state/1; nothing for one without.
  void state(Archive& archive) const;

 private:
  RunContext* run_;
  InstanceHost host_;
  clh_object object_{};
};

}  // namespace clh::core
