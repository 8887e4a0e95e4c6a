#include "core/options/config_overlay.hpp"

#include <utility>

namespace clh::core {
namespace {

/// The text under `name`, else the default.
std::string name_in(const ConfigTable& table, const std::string& default_name) {
  const ConfigValue* name = table.find("name");
  return name != nullptr && name->text() != nullptr ? *name->text() : default_name;
}

struct NestedOption {
  clh_kind kind = 0;
  std::string default_name;
};

/// What component option `option` of a component expects; kind 0 if it is no such option, which
/// the check against the schema reports later.
NestedOption nested_option(clh_kind kind, const std::string& name, const std::string& option,
                           const ComponentLookup& lookup) {
  if (kind != 0 && !name.empty()) {
    const clh_component& component = lookup.find(kind, name);
    for (const clh_param& param : ParamSpan{component.params, component.n_params}) {
      if (param.type == CLH_COMPONENT && param.name == option) {
        return {param.of_kind, param.def.u.s == nullptr ? "" : param.def.u.s};
      }
    }
  }
  return {};
}

}  // namespace

std::optional<ConfigTable> as_named_table(const ConfigValue& value) {
  if (value.table() != nullptr) {
    return *value.table();
  }
  if (value.text() == nullptr) {
    return std::nullopt;
  }
  ConfigTable table;
  table.set("name", value);
  return table;
}

void overlay_options(ConfigTable& base, const ConfigTable& layer) {
  for (const ConfigEntry& entry : layer.entries()) {
    base.set(entry.key, entry.value);
  }
}

void overlay_named(ConfigTable& base, const ConfigTable& layer, clh_kind kind,
                   const std::string& default_name, const ComponentLookup& lookup) {
  const std::string old_name = name_in(base, default_name);
  const std::string name = name_in(layer, old_name);
  if (name != old_name) {
    base.clear();
  }
  for (const ConfigEntry& entry : layer.entries()) {
    const ConfigValue* old = base.find(entry.key);
    const bool nested = entry.key != "name" && old != nullptr &&
                        (old->table() != nullptr || entry.value.table() != nullptr);
    auto below = nested ? as_named_table(*old) : std::nullopt;
    const auto above = nested ? as_named_table(entry.value) : std::nullopt;
    if (!below || !above) {
      base.set(entry.key, entry.value);
      continue;
    }
    const NestedOption option = nested_option(kind, name, entry.key, lookup);
    overlay_named(*below, *above, option.kind, option.default_name, lookup);
    base.set(entry.key, {std::move(*below)});
  }
}

}  // namespace clh::core
