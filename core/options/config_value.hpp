// The untyped side of the configuration: what TOML files and the command line say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clh::core {

struct ConfigEntry;
struct ConfigValue;

/// A table; keeps its entries in the order in which they were first set.
class ConfigTable {
 public:
  /// Returns: the value, or null.
  /// Owner:   this table; valid until the next set() or erase().
  const ConfigValue* find(std::string_view key) const;
  ConfigValue* find(std::string_view key);
  /// Replaces the value in its place, or appends it.
  void set(std::string_view key, ConfigValue value);
  void erase(std::string_view key);
  void clear();

  const std::vector<ConfigEntry>& entries() const { return entries_; }

 private:
  std::vector<ConfigEntry> entries_;
};

using ConfigList = std::vector<ConfigValue>;

/// Rationale: its special members are compiled once, in the source file; inlined, g++ 12 takes the
/// move of a variant for a read of uninitialised memory.
struct ConfigValue {
  using Data = std::variant<bool, std::int64_t, double, std::string, ConfigList, ConfigTable>;

  ConfigValue();                 // false
  ConfigValue(Data given_data);  // NOLINT: any of the six types is a value
  ConfigValue(const ConfigValue&);
  ConfigValue(ConfigValue&&) noexcept;
  ConfigValue& operator=(const ConfigValue&);
  ConfigValue& operator=(ConfigValue&&) noexcept;
  ~ConfigValue();

  Data data;
  std::string typed;  // as it stood on the command line; empty for a value from a file

  const ConfigTable* table() const { return std::get_if<ConfigTable>(&data); }
  const ConfigList* list() const { return std::get_if<ConfigList>(&data); }
  /// Returns: the text of a string, or of anything else that came from the command line, where a
  ///          name such as `2024` needs no quotes; otherwise null.
  const std::string* text() const;
};

struct ConfigEntry {
  std::string key;
  ConfigValue value;
};

/// The shortest text that reads back as the same number, always with a point or an exponent.
std::string real_text(double value);
/// `value` as TOML writes it on one line.
std::string value_text(const ConfigValue& value);
/// `value` as an error message shows it: as typed where it was typed, never a whole table.
std::string found_text(const ConfigValue& value);

}  // namespace clh::core
