// The text of a note, without the file around it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/plugins/plugin_note.hpp"
#include "core/plugins/torch_fingerprint.hpp"
#include "tests/fuzz/demand.hpp"

using clh::test::demand;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace core = clh::core;
  try {
    const auto note = core::parse_plugin_note({reinterpret_cast<const char*>(data), size}, "x.so");
    demand(core::is_plugin_id(note.id), "an accepted id to be one", note.id);
    demand(core::is_printable(note.version + note.license + note.torch + note.compiler),
           "accepted lines to be printable", note.version);
    demand(!note.provides.empty(), "a component", "none");
    for (const auto& [kind, name] : note.provides) {
      demand(core::is_kebab_case(kind) && core::is_kebab_case(name), "legal names", name);
      demand(note.offers(kind, name), "a provided component to be offered", name);
      note.caps_of(kind, name);
    }
    demand(note.needs_torch == core::parse_torch_fingerprint(note.torch).has_value(),
           "a whole fingerprint exactly where torch is needed", note.torch);
  } catch (const core::Error& error) {
    clh::test::demand_readable(error, "x.so: expected ", core::kExitPlugin);
    demand(error.slug() == "bad-note", "bad-note", error.slug());
  }
  return 0;
}
