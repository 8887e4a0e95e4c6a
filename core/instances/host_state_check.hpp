// CallCheck: what a plugin's call must leave alone although the host could not tell (rule R15).
#pragma once
#include "core/instances/torch_state.hpp"
#include "core/process/process_state.hpp"

namespace clh::core {

class PluginInstance;

/// Remembers the state of process and LibTorch before a call, for `--check=full`.
class CallCheck final {
 public:
  explicit CallCheck(const PluginInstance& instance);
  CallCheck(const CallCheck&) = delete;
  CallCheck& operator=(const CallCheck&) = delete;

  /// Errors: PluginError if the call changed LibTorch's default generator (unless the component
  ///         declares `global-rng`), grad mode, default dtype or thread counts, or the process's
  ///         environment, locale, directory, signal handlers or floating-point mode.
  void verify(const char* call) const;

 private:
  const PluginInstance* instance_;
  TorchState torch_;
  ProcessState process_;
};

}  // namespace clh::core
