#pragma once

#include <stdexcept>
#include <string>

namespace clh::core {

/// Exit codes of the process; the enumerator says whose fault it was.
enum ExitCode : int {
  kExitDone = 0,
  kExitBug = 1,            // ours; also "a check failed" for `validate`
  kExitUsage = 2,          // usage, configuration, data, disk, a loss that is not finite
  kExitPlugin = 3,         // a plugin was refused or broke the contract
  kExitCrash = 4,          // a plugin crashed or hung
  kExitInterrupted = 130,  // SIGINT, record kept
  kExitTerminated = 143,   // SIGTERM, record kept
};

/// A failure that the user can act on: what was expected, what was found, and what to do.
/// what() is the text after the slug: "<file, plugin or key>: expected <X>, found <Y>".
class Error : public std::runtime_error {
 public:
  /// Inputs:  slug is kebab-case and stable; fix is one imperative line, may be empty.
  Error(std::string slug, const std::string& text, std::string fix, ExitCode exit_code);

  const std::string& slug() const noexcept { return slug_; }
  const std::string& fix() const noexcept { return fix_; }
  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  std::string slug_, fix_;
  ExitCode exit_code_;
};

/// A status that a plugin returned, or a contract that it broke; slug `plugin-error`, exit code 3.
/// what() is "<plugin> in <call>: <text>".
struct PluginError : Error {
  /// Inputs:  plugin is id and version, call may name the place too ("observe, task 2 step 31"),
  ///          status is the clh_status, message the plugin's own line.
  PluginError(std::string plugin_id, std::string component_name, std::string call_name, int status,
              std::string message);

  std::string plugin, component, call;
  int code;
  std::string text;
};

/// Formats an error as the user sees it.
/// Returns: "error[<slug>]: <text>\n  fix: <fix>", no trailing newline, no second line without fix.
std::string format(const Error& error);

}  // namespace clh::core
