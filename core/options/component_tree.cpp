#include "core/options/component_tree.hpp"

#include <cstdint>
#include <utility>

#include "core/error.hpp"
#include "core/options/param_text.hpp"

namespace clh::core {
namespace {

[[noreturn]] void refuse_name(clh_kind kind, const std::string& path, const std::string& found) {
  const std::string word = kind_name(kind);
  throw Error(
      "bad-option",
      '[' + path + "] name: expected the name of a component of kind " + word + ", found " + found,
      "set " + path + ".name=NAME; cl-host list " + word + "s shows the names", kExitUsage);
}

}  // namespace

ConfigTable ResolvedComponent::tree() const {
  ConfigTable result;
  result.set("name", {name});
  for (const ConfigEntry& entry : options.tree.entries()) {
    result.set(entry.key, entry.value);
  }
  return result;
}

std::unique_ptr<ResolvedComponent> resolve_component(clh_kind kind, const std::string& path,
                                                     const ConfigTable& user,
                                                     const std::string& default_name,
                                                     const ComponentLookup& lookup,
                                                     const PathBase& paths,
                                                     std::vector<std::string>& warnings) {
  auto result = std::make_unique<ResolvedComponent>();
  result->path = path;
  result->name = default_name;
  if (const ConfigValue* name = user.find("name")) {
    if (name->text() == nullptr) {
      refuse_name(kind, path, found_text(*name));
    }
    result->name = *name->text();
  }
  if (result->name.empty()) {
    refuse_name(kind, path, "none");
  }
  const clh_component& component = lookup.find(kind, result->name);

  const auto child = [&](const clh_param& param, const ConfigValue* chosen) -> ChosenComponent {
    const std::string child_path = path + '.' + param.name;
    const std::string child_default = param.def.u.s == nullptr ? "" : param.def.u.s;
    ConfigTable table;
    if (chosen != nullptr && chosen->table() != nullptr) {
      table = *chosen->table();
    } else if (chosen != nullptr) {
      table.set("name", *chosen);  // node = "probabilistic"
    }
    const ConfigValue* name = table.find("name");
    const bool says_none = name == nullptr ? table.entries().empty()
                                           : name->text() != nullptr && name->text()->empty() &&
                                                 table.entries().size() == 1;
    if (child_default.empty() && says_none) {
      return {nullptr, {std::string()}};
    }
    result->children.push_back(resolve_component(param.of_kind, child_path, table, child_default,
                                                 lookup, paths, warnings));
    const ResolvedComponent& made = *result->children.back();
    return {&made.factory, {made.tree()}};
  };

  ConfigTable options = user;
  options.erase("name");
  const TableLabel label{path, lookup.full_id ? lookup.full_id(component) : component.id,
                         result->name};
  result->options =
      resolve_table({component.params, component.n_params}, options, label, paths, child, warnings);
  result->factory.struct_size = sizeof(clh_factory);
  result->factory.n_args = static_cast<std::uint32_t>(result->options.values.size());
  result->factory.component = &component;
  result->factory.args = result->options.values.data();
  result->factory.path = result->path.c_str();
  return result;
}

}  // namespace clh::core
