#include "core/options/describe_options.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <sstream>
#include <vector>

#include "core/options/config_json.hpp"
#include "core/options/param_text.hpp"
#include "core/text/terminal_text.hpp"
#include "core/text/word_list.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {
namespace {

using Row = std::array<std::string, 6>;

const char* type_name(clh_type type) {
  switch (type) {
    case CLH_BOOL:
      return "bool";
    case CLH_INT:
      return "integer";
    case CLH_REAL:
      return "real";
    case CLH_STRING:
      return "string";
    case CLH_CHOICE:
      return "choice";
    case CLH_PATH:
      return "path";
    case CLH_INT_LIST:
      return "integers";
    case CLH_REAL_LIST:
      return "reals";
    default:
      return "component";
  }
}

bool has(const clh_param& param, std::uint32_t flag) {
  return (param.flags & flag) != 0;
}

std::string default_text(const clh_param& param) {
  if (has(param, CLH_REQUIRED)) {
    return "required";
  }
  if (has_no_default(param)) {
    return "none";
  }
  const ConfigValue value = default_value(param);
  const bool is_name = param.type == CLH_CHOICE || param.type == CLH_COMPONENT;
  if (param.type == CLH_COMPONENT && value.text()->empty()) {
    return "none";
  }
  return is_name ? *value.text() : value_text(value);
}

std::string values_text(const clh_param& param) {
  if (param.type == CLH_CHOICE) {
    return joined(choice_names(param));
  }
  if (param.type == CLH_COMPONENT) {
    return (param.of_kind == CLH_ENCODER ? "an " : "a ") + std::string(kind_name(param.of_kind));
  }
  return bounds_text(param);
}

Row row_of(const clh_param& param) {
  std::string meaning = param.doc;
  if (const auto relation = relation_text(param); !relation.empty()) {
    meaning += "; " + relation;
  }
  if (has(param, CLH_ADVANCED)) {
    meaning += " (advanced)";
  }
  if (has(param, CLH_DEPRECATED)) {
    meaning += " (deprecated)";
  }
  return {param.name,
          type_name(param.type),
          default_text(param),
          values_text(param),
          param.unit == nullptr ? "" : param.unit,
          meaning};
}

std::vector<std::string> capabilities(const clh_component& component) {
  std::vector<std::string> names;
  for (const char* const* cap = component.caps; cap != nullptr && *cap != nullptr; ++cap) {
    names.emplace_back(*cap);
  }
  return names;
}

/// The text with the lines that it has.
std::string paragraphs(const std::string& text) {
  std::istringstream in(text);
  std::string lines;
  for (std::string line; std::getline(in, line);) {
    lines += terminal_text(line) + '\n';
  }
  return lines;
}

}  // namespace

std::string describe_options(ParamSpan params) {
  std::vector<Row> rows{{"OPTION", "TYPE", "DEFAULT", "VALUES", "UNIT", "MEANING"}};
  for (const clh_param& param : params) {
    rows.push_back(row_of(param));
    std::transform(rows.back().begin(), rows.back().end(), rows.back().begin(), terminal_text);
  }
  std::array<std::size_t, 6> width{};
  for (std::size_t column = 0; column < width.size(); ++column) {
    bool used = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      width[column] = std::max(width[column], rows[i][column].size());
      used = used || (i > 0 && !rows[i][column].empty());
    }
    width[column] = used ? width[column] + 2 : 0;
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < width.size(); ++column) {
      if (width[column] != 0) {
        line += row[column] + std::string(width[column] - row[column].size(), ' ');
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string describe_component(const clh_component& component, const std::string& full_id) {
  std::string out = std::string(component.id) + ": " + terminal_text(component.title) + '\n';
  out += std::string(kind_name(component.kind)) + ' ' + full_id + '\n';
  if (component.doc != nullptr && std::strcmp(component.doc, component.title) != 0) {
    out += paragraphs(component.doc);
  }
  if (component.cite != nullptr) {
    out += "cite: " + terminal_text(component.cite) + '\n';
  }
  const auto caps = capabilities(component);
  if (!caps.empty()) {
    out += "capabilities: " + terminal_text(joined(caps)) + '\n';
  }
  if (component.n_params == 0) {
    return out + "no options\n";
  }
  return out + '\n' + describe_options({component.params, component.n_params});
}

nlohmann::json describe_options_json(ParamSpan params) {
  auto options = nlohmann::json::array();
  for (const clh_param& param : params) {
    nlohmann::json option{{"name", param.name},
                          {"type", type_name(param.type)},
                          {"default", nullptr},
                          {"required", has(param, CLH_REQUIRED)},
                          {"advanced", has(param, CLH_ADVANCED)},
                          {"deprecated", has(param, CLH_DEPRECATED)},
                          {"unit", nullptr},
                          {"doc", param.doc}};
    const ConfigValue fallback = default_value(param);
    const bool none =
        has_no_default(param) || (param.type == CLH_COMPONENT && fallback.text()->empty());
    if (!has(param, CLH_REQUIRED) && !none) {
      option["default"] = json_of(fallback);
    }
    if (param.unit != nullptr) {
      option["unit"] = param.unit;
    }
    if (has(param, CLH_HAS_MIN)) {
      option["min"] = param.min;
      option["open-min"] = has(param, CLH_OPEN_MIN);
    }
    if (has(param, CLH_HAS_MAX)) {
      option["max"] = param.max;
      option["open-max"] = has(param, CLH_OPEN_MAX);
    }
    if (param.at_least_of != 0) {
      option["relation"] = relation_text(param);
    }
    if (param.type == CLH_CHOICE) {
      option["choices"] = choice_names(param);
    }
    if (param.type == CLH_COMPONENT) {
      option["kind"] = kind_name(param.of_kind);
    }
    options.push_back(std::move(option));
  }
  return options;
}

nlohmann::json describe_component_json(const clh_component& component, const std::string& full_id) {
  nlohmann::json result{{"id", component.id},
                        {"kind", kind_name(component.kind)},
                        {"full-id", full_id},
                        {"title", component.title},
                        {"doc", component.doc == nullptr ? component.title : component.doc},
                        {"cite", nullptr},
                        {"capabilities", capabilities(component)},
                        {"options", describe_options_json({component.params, component.n_params})}};
  if (component.cite != nullptr) {
    result["cite"] = component.cite;
  }
  return result;
}

}  // namespace clh::core
