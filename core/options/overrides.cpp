#include "core/options/overrides.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/error.hpp"
#include "core/options/toml_depth.hpp"
#include "core/options/toml_text.hpp"
#include "core/text/utf8.hpp"

namespace clh::core {
namespace {

[[noreturn]] void refuse(const std::string& word, const std::string& found) {
  throw Error("usage", value_text({word}) + ": expected key=value, found " + found,
              "write it as in train.epochs=5", kExitUsage);
}

/// A word that is no UTF-8, as a message may show it.
std::string ascii(std::string word) {
  std::replace_if(
      word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');
  return word;
}

/// The parts of a dotted key; every one is made of letters, digits, `-` and `_`.
std::vector<std::string> key_parts(const std::string& word, const std::string& key) {
  const char* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    parts.push_back(key.substr(begin, end - begin));
    if (parts.back().empty() || parts.back().find_first_not_of(letters) != std::string::npos) {
      refuse(word, "the key " + value_text({key}));
    }
    begin = end + 1;
  }
  if (parts.size() > kMaxKeyParts) {
    refuse(word.substr(0, 40) + "...",
           "a key of more than " + std::to_string(kMaxKeyParts) + " parts");
  }
  return parts;
}

/// The table at `key`; a value that stood there becomes its `name`.
ConfigTable& open_table(ConfigTable& parent, const std::string& key) {
  ConfigValue* value = parent.find(key);
  if (value == nullptr || value->table() == nullptr) {
    ConfigTable table;
    if (value != nullptr) {
      table.set("name", std::move(*value));
    }
    parent.set(key, {std::move(table)});
    value = parent.find(key);
  }
  return std::get<ConfigTable>(value->data);
}

void put(ConfigTable& table, const std::string& key, ConfigValue value) {
  if (const ConfigTable* given = value.table()) {
    ConfigTable& inner = open_table(table, key);
    for (const ConfigEntry& entry : given->entries()) {
      put(inner, entry.key, entry.value);
    }
    return;
  }
  ConfigValue* old = table.find(key);
  if (old != nullptr && old->table() != nullptr) {
    std::get<ConfigTable>(old->data).set("name", std::move(value));
  } else {
    table.set(key, std::move(value));
  }
}

}  // namespace

ConfigTable read_overrides(const std::vector<std::string>& words) {
  ConfigTable result;
  for (const std::string& word : words) {
    if (!is_utf8(word)) {
      refuse(ascii(word), "bytes that are no UTF-8");
    }
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      refuse(word, "no \"=\"");
    }
    const auto parts = key_parts(word, word.substr(0, equals));
    ConfigTable* table = &result;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      table = &open_table(*table, parts[i]);
    }
    put(*table, parts.back(), read_override_value(word.substr(equals + 1)));
  }
  return result;
}

}  // namespace clh::core
