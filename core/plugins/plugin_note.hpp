#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clh::core {

struct ProvidedComponent {
  std::string kind, name;  // "model", "er"
};

/// The identity that a plugin carries in its note.
struct PluginNote {
  int abi_major = 0, abi_minor = 0;
  int min_minor = 0;  // lowest host minor that the plugin accepts, counts from ABI 1.0 on
  std::string id, version, license;
  std::vector<ProvidedComponent> provides;
  bool needs_torch = false;
  std::string torch;              // "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0", or ""
  std::vector<std::string> caps;  // "<kind>:<name>=<capability>,...", one per component with any
  std::string compiler;           // "12.2.0 std=201703", or ""

  bool offers(std::string_view kind, std::string_view name) const;

  /// Returns: the capabilities of one component, in the note's order; none if it names none.
  std::vector<std::string> caps_of(std::string_view kind, std::string_view name) const;
};

/// Parses the text of a note: a first line "clh-plugin 1", then one "key=value" a line. Unknown
/// keys are ignored; trailing NUL bytes too. Inputs:  where names the file in errors. Errors: Error
/// `bad-note`, exit 3, naming the line that is malformed, doubled or missing.
PluginNote parse_plugin_note(std::string_view text, const std::string& where);

}  // namespace clh::core
