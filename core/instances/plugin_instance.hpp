// PluginInstance: owns one created component; every call is checked and becomes an exception.
#pragma once
#include <clh/tensor.hpp>

#include <string>

#include "core/abi/capabilities.hpp"
#include "core/instances/host_state_check.hpp"
#include "core/instances/instance_host.hpp"
#include "core/process/call_record.hpp"

namespace clh::core {

class PluginInstance {
 public:
  /// Errors: those of InstanceHost::create.
  PluginInstance(RunContext& run, const clh_factory& factory, const void* spec,
                 const char* init_stream = "init");
  ~PluginInstance();
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  const clh_component& component() const { return *component_; }
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
    const auto get = object_.component->get_extension;  // a wrapped node's is the host's
    return get == nullptr ? nullptr : static_cast<const Extension*>(get(id));
  }

  /// Every call into the plugin passes here: it is recorded and lets no exception through.
  /// Returns: what the function returns. Errors: PluginError for an exception that came out.
  template <class Function, class... Args>
  auto enter(const char* what, Function function, Args... args) const {
    const ScopedCallRecord scope(run_->library->page(), record_, what, run_->position);
    try {
      return function(object_.self, args...);
    } catch (...) {
      throw_escaped(*run_, component(), what);
    }
  }
  /// As enter(), for functions that return a status; the errors of a full check come on top.
  template <class Function, class... Args>
  clh_status attempt(clh_error& error, const char* what, Function function, Args... args) const {
    if (!run_->full_check) {
      return enter(what, function, args..., &error);
    }
    const CallCheck check(*this);
    const clh_status status = enter(what, function, args..., &error);
    if (status == CLH_OK) {
      check.verify(what);
    }
    return status;
  }

  /// Calls a function of the table with the instance. `what` names the call in messages.
  template <class Function, class... Args>
  void call(const char* what, Function function, Args... args) const {
    auto error = empty_error();
    const clh_status status = attempt(error, what, function, args...);
    if (status != CLH_OK) {
      throw_status(*run_, component(), what, status, error);
    }
  }
  /// As call(), for functions whose last argument is a tensor to be made. Errors: PluginError if
  /// the plugin reports success without one, or makes one and fails.
  template <class Function, class... Args>
  at::Tensor make(const char* what, Function function, Args... args) const {
    clh_tensor* out = nullptr;
    auto error = empty_error();
    const clh_status status = attempt(error, what, function, args..., &out);
    if (status != CLH_OK) {
      require_untouched(out == nullptr, what, error);
      throw_status(*run_, component(), what, status, error);
    }
    auto made = adopt(out);
    if (!made.defined()) {
      fail_contract(what, "expected a tensor, found none");
    }
    return made;
  }
  /// Errors: PluginError unless a call that failed left its result alone (rule R4).
  void require_untouched(bool untouched, const char* what, const clh_error& error) const;
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
  /// Errors: Error `state` (exit 3) when load ignored a key; with a full check also when a save
  ///         gives another state than the one just loaded.
  void check_loaded(const clh_state_ext& ext, const clh_reader& reader) const;

  RunContext* run_;
  const clh_component* component_;  // the plugin's
  InstanceHost host_;
  clh_object object_{};
  CallRecord record_ = call_record(*run_, *component_);  // what its calls have in common
};

}  // namespace clh::core
