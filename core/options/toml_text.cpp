#include "core/options/toml_text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "core/options/toml_depth.hpp"
#include <toml++/toml.h>

namespace clh::core {
namespace {

[[noreturn]] void refuse(const std::string& source, const toml::source_position& at,
                         const std::string& expected, const std::string& found) {
  throw Error("bad-config",
              source + " line " + std::to_string(at.line) + " column " + std::to_string(at.column) +
                  ": expected " + expected + ", found " + found,
              "correct that line", kExitUsage);
}

bool is_control(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code < 0x20 || code == 0x7F;
}

ConfigTable table_of(const toml::table& table, const std::string& source);

ConfigValue value_of(const toml::node& node, const std::string& source) {
  if (const auto* table = node.as_table()) {
    return {table_of(*table, source)};
  }
  if (const auto* array = node.as_array()) {
    ConfigList list;
    for (const toml::node& element : *array) {
      list.push_back(value_of(element, source));
    }
    return {std::move(list)};
  }
  if (const auto* flag = node.as_boolean()) {
    return {flag->get()};
  }
  if (const auto* integer = node.as_integer()) {
    return {integer->get()};
  }
  if (const auto* real = node.as_floating_point()) {
    return {real->get()};
  }
  if (const auto* string = node.as_string()) {
    return {string->get()};
  }
  refuse(source, node.source().begin, "a number, a text, a list or a table", "a date or a time");
}

ConfigTable table_of(const toml::table& table, const std::string& source) {
  ConfigTable result;
  for (const auto& [key, node] : table) {
    if (std::any_of(key.begin(), key.end(), is_control)) {  // it would reach the terminal
      refuse(source, key.source().begin, "a key of printable characters",
             value_text({std::string(key.str())}));
    }
    result.set(key.str(), value_of(node, source));
  }
  return result;
}

/// Whether a number begins that is not decimal: files may hold one, a typed one is a slip.
bool has_radix(std::string_view text) {
  text.remove_prefix(!text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0);
  return text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b');
}

/// Reads the whole of `text` as the value of one key; nothing if it is no such value. It stands in
/// an inline table, where a comment would swallow the end and a second key would be counted.
std::optional<ConfigValue> toml_value(const std::string& text) {
  if (text.find('\n') != std::string::npos || has_radix(text)) {
    return std::nullopt;
  }
  try {
    const auto read = read_toml("value = {value = " + text + "}", "");
    const auto* table = read.find("value")->table();
    return table->entries().size() == 1 ? std::optional(*table->find("value")) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool is_bare(std::string_view key) {
  const char* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return !key.empty() && key.find_first_not_of(letters) == std::string_view::npos;
}

std::string key_text(const std::string& key) {
  return is_bare(key) ? key : value_text({key});
}

void write_table(const ConfigTable& table, const std::string& path, std::string& out) {
  for (const ConfigEntry& entry : table.entries()) {
    if (entry.value.table() == nullptr) {
      out += key_text(entry.key) + " = " + value_text(entry.value) + '\n';
    }
  }
  for (const ConfigEntry& entry : table.entries()) {
    if (const ConfigTable* inner = entry.value.table()) {
      const std::string inner_path = path + (path.empty() ? "" : ".") + key_text(entry.key);
      out += (out.empty() ? "[" : "\n[") + inner_path + "]\n";
      write_table(*inner, inner_path, out);
    }
  }
}

}  // namespace

ConfigTable read_toml(std::string_view text, const std::string& source) {
  if (const std::size_t line = line_of_too_deep_key(text)) {
    throw Error("bad-config",
                source + " line " + std::to_string(line) + ": expected keys of at most " +
                    std::to_string(kMaxKeyParts) + " parts, found one with more",
                "correct that line", kExitUsage);
  }
  try {
    return table_of(toml::parse(text), source);
  } catch (const toml::parse_error& error) {
    const std::string_view description = error.description();
    std::string found(description.substr(0, description.find('\n')));  // it quotes the file
    std::replace_if(found.begin(), found.end(), is_control, '?');
    refuse(source, error.source().begin, "TOML", "a syntax error: " + found);
  }
}

ConfigValue read_override_value(std::string_view text) {
  const std::string typed(text);
  ConfigValue result{typed};
  double number = 0;
  if (auto value = toml_value(typed)) {
    result = std::move(*value);
  } else if (const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
             !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size()) {
    result.data = number;
  } else if (text.find(',') != std::string_view::npos) {
    if (auto list = toml_value('[' + typed + ']')) {
      result = std::move(*list);
    }
  }
  result.typed = typed;
  return result;
}

std::string write_toml(const ConfigTable& table) {
  std::string out;
  write_table(table, "", out);
  return out;
}

}  // namespace clh::core
