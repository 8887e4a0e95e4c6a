// CoreErrors: how the host's exceptions become statuses in the functions it offers to plugins.
#pragma once
#include <clh/tensor.hpp>

#include "core/error.hpp"

namespace clh::core {

struct CoreErrors {
  /// What a plugin broke stays the plugin's fault; all else is the user's to mend.
  static clh_status status_of(const Error& e) noexcept {
    return e.exit_code() == kExitPlugin ? CLH_E_INTERNAL
           : e.slug() == "unsupported"  ? CLH_E_UNSUPPORTED
                                        : CLH_E_INVALID;
  }
  static clh_status translate(clh_error* error) noexcept {
    try {
      throw;
    } catch (const PluginError& e) {
      return fail(error, e.code, e.what());
    } catch (const Error& e) {
      return fail(error, status_of(e), e.what());
    } catch (...) {
      return TorchErrors::translate(error);
    }
  }
};

}  // namespace clh::core
