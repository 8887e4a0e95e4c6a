#include "core/options/unknown_section.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/text/word_list.hpp"

namespace clh::core {
namespace {

/// The options of a section with the name chosen so far; none if that name is wrong too.
ParamSpan section_params(const ConfigSchema& schema, const Section& section,
                         const ConfigTable& root) {
  if (section.table != nullptr) {
    const auto& params = (schema.*section.table).params;
    return {params.data(), params.size()};
  }
  const ConfigValue* given = root.find(section.name);
  const ConfigValue* name = given == nullptr ? nullptr : given->table()->find("name");
  const std::string* text = name == nullptr ? nullptr : name->text();
  if (section.named != nullptr) {
    const NamedTables& alternatives = schema.*section.named;
    const auto found =
        alternatives.tables.find(text == nullptr ? alternatives.default_name : *text);
    if (found == alternatives.tables.end()) {
      return {};
    }
    return {found->second.params.data(), found->second.params.size()};
  }
  try {
    if (text != nullptr) {
      const clh_component& component = schema.components.find(section.kind, *text);
      return {component.params, component.n_params};
    }
  } catch (const Error&) {
    return {};  // a second mistake, for another day
  }
  return {};
}

std::vector<std::string> valid_keys(const ConfigSchema& schema, const ConfigTable& root) {
  std::vector<std::string> keys;
  for (const Section& section : kSections) {
    const std::string prefix = std::string(section.name) + '.';
    if (section.table == nullptr) {
      keys.push_back(prefix + "name");
    }
    for (const clh_param& param : section_params(schema, section, root)) {
      keys.push_back(prefix + param.name);
    }
  }
  return keys;
}

[[noreturn]] void refuse_key(const std::string& key, const std::vector<std::string>& sections,
                             const std::vector<std::string>& keys) {
  std::vector<std::string> leaves;
  for (const std::string& valid : keys) {
    leaves.push_back(valid.substr(valid.find('.') + 1));
  }
  std::string fix = "write it as SECTION." + key + " with one of these sections";
  if (const auto leaf = nearest_name(key, leaves)) {
    const auto at = std::find(leaves.begin(), leaves.end(), *leaf) - leaves.begin();
    fix = "did you mean \"" + keys[static_cast<std::size_t>(at)] + "\"?";
  }
  std::vector<std::string> names = sections;
  names.emplace_back("benchmark");
  throw Error("unknown-option",
              key + ": expected benchmark or an option in one of the sections " + joined(sections) +
                  ", found an unknown key",
              did_you_mean(key, names, fix), kExitUsage);
}

/// A file has the section on a line of its own; on the command line the whole key was one word.
std::string section_hint(const ConfigEntry& entry, const std::vector<std::string>& sections,
                         const std::vector<std::string>& keys) {
  const auto section = did_you_mean(entry.key, sections, "use one of them");
  const auto& options = entry.value.table()->entries();
  if (options.empty() || options.front().value.typed.empty()) {
    return section;
  }
  return did_you_mean(entry.key + '.' + options.front().key, keys, section);
}

[[noreturn]] void refuse_section(const ConfigEntry& entry, const std::vector<std::string>& sections,
                                 const std::vector<std::string>& keys) {
  throw Error("unknown-option",
              '[' + entry.key + "]: expected one of the sections " + joined(sections) +
                  ", found an unknown one",
              section_hint(entry, sections, keys), kExitUsage);
}

}  // namespace

void refuse_unknown_sections(const ConfigSchema& schema, const ConfigTable& root) {
  std::vector<std::string> sections;
  for (const Section& section : kSections) {
    sections.emplace_back(section.name);
  }
  for (const ConfigEntry& entry : root.entries()) {
    if (std::find(sections.begin(), sections.end(), entry.key) != sections.end()) {
      continue;
    }
    const auto keys = valid_keys(schema, root);
    if (entry.value.table() == nullptr) {
      refuse_key(entry.key, sections, keys);
    }
    refuse_section(entry, sections, keys);
  }
}

}  // namespace clh::core
