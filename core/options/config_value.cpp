#include "core/options/config_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace clh::core {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (code < 0x20 || code == 0x7F) {
      const char* digits = "0123456789ABCDEF";
      out.append("\\u00").append(1, digits[code / 16]).append(1, digits[code % 16]);
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct ValueText {
  std::string operator()(bool x) const { return x ? "true" : "false"; }
  std::string operator()(std::int64_t x) const { return std::to_string(x); }
  std::string operator()(double x) const { return real_text(x); }
  std::string operator()(const std::string& x) const { return in_quotes(x); }
  std::string operator()(const ConfigList& list) const {
    std::string out;
    for (const ConfigValue& value : list) {
      out += (out.empty() ? "" : ", ") + value_text(value);
    }
    return '[' + out + ']';
  }
  std::string operator()(const ConfigTable& table) const {
    std::string out;
    for (const ConfigEntry& entry : table.entries()) {
      out += (out.empty() ? "" : ", ") + entry.key + " = " + value_text(entry.value);
    }
    return '{' + out + '}';
  }
};

template <class Entries>
auto position(Entries& entries, std::string_view key) {
  return std::find_if(entries.begin(), entries.end(),
                      [key](const ConfigEntry& entry) { return entry.key == key; });
}

}  // namespace

const ConfigValue* ConfigTable::find(std::string_view key) const {
  const auto found = position(entries_, key);
  return found == entries_.end() ? nullptr : &found->value;
}

ConfigValue* ConfigTable::find(std::string_view key) {
  const auto found = position(entries_, key);
  return found == entries_.end() ? nullptr : &found->value;
}

void ConfigTable::set(std::string_view key, ConfigValue value) {
  if (ConfigValue* old = find(key)) {
    *old = std::move(value);
  } else {
    entries_.push_back({std::string(key), std::move(value)});
  }
}

void ConfigTable::erase(std::string_view key) {
  const auto found = position(entries_, key);
  if (found != entries_.end()) {
    entries_.erase(found);
  }
}

void ConfigTable::clear() {
  entries_.clear();
}

ConfigValue::ConfigValue() = default;
ConfigValue::ConfigValue(Data given_data) : data(std::move(given_data)) {}
ConfigValue::ConfigValue(const ConfigValue&) = default;
ConfigValue::ConfigValue(ConfigValue&&) noexcept = default;
ConfigValue& ConfigValue::operator=(const ConfigValue&) = default;
ConfigValue& ConfigValue::operator=(ConfigValue&&) noexcept = default;
ConfigValue::~ConfigValue() = default;

const std::string* ConfigValue::text() const {
  const auto* string = std::get_if<std::string>(&data);
  return string == nullptr && !typed.empty() ? &typed : string;
}

std::string real_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".en") == std::string::npos) {  // n: inf and nan
    text += ".0";
  }
  return text;
}

std::string value_text(const ConfigValue& value) {
  return std::visit(ValueText(), value.data);
}

std::string found_text(const ConfigValue& value) {
  if (value.table() != nullptr) {
    return "a table";
  }
  const bool is_string = std::holds_alternative<std::string>(value.data);
  return !is_string && !value.typed.empty() ? value.typed : value_text(value);
}

}  // namespace clh::core
