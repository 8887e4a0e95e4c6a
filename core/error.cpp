#include "core/error.hpp"

#include <utility>

namespace clh::core {

Error::Error(std::string slug, const std::string& text, std::string fix, ExitCode exit_code)
    : std::runtime_error(text),
      slug_(std::move(slug)),
      fix_(std::move(fix)),
      exit_code_(exit_code) {}

PluginError::PluginError(std::string plugin_id, std::string component_name, std::string call_name,
                         int status, std::string message)
    : Error("plugin-error", plugin_id + " in " + call_name + ": " + message,
            "report it to the plugin's author", kExitPlugin),
      plugin(std::move(plugin_id)),
      component(std::move(component_name)),
      call(std::move(call_name)),
      code(status),
      text(std::move(message)) {}

std::string format(const Error& error) {
  std::string lines = "error[" + error.slug() + "]: " + error.what();
  if (!error.fix().empty()) {
    lines += "\n  fix: " + error.fix();
  }
  return lines;
}

}  // namespace clh::core
