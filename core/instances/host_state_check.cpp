#include "core/instances/host_state_check.hpp"

#include "core/instances/plugin_instance.hpp"

namespace clh::core {

CallCheck::CallCheck(const PluginInstance& instance)
    : instance_(&instance), torch_(TorchState::now()), process_(ProcessState::now()) {}

void CallCheck::verify(const char* call) const {
  auto now = TorchState::now();
  if (instance_->has("global-rng")) {
    now.generator = torch_.generator;
  }
  auto found = difference(torch_, now);
  const auto process = difference(process_, ProcessState::now(),
                                  {"environment", "locale", "directory", "signals", "float-mode"});
  found += (found.empty() || process.empty() ? "" : ", ") + process;
  if (!found.empty()) {
    instance_->fail_contract(call, "expected what belongs to the host as before, found " + found);
  }
}

}  // namespace clh::core
