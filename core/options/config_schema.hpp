// Config schema: every section that a configuration has, and what it may hold.
#pragma once
#include <clh/options.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/options/component_tree.hpp"
#include "core/options/presets.hpp"

namespace clh::core {

/// The host's own alternatives for one section, chosen by its `name`.
struct NamedTables {
  std::map<std::string, clh::ParamTable> tables;
  std::string default_name;  // without a `name`; empty: there is none
  /// Fills in options that were not given and whose default follows from one that was; null: there
  /// are none.
  std::function<void(const std::string& name, ConfigTable& given)> imply = {};
};

/// What a configuration may hold. Movable, not copyable: parameters point into their own table.
struct ConfigSchema {
  ConfigSchema() = default;
  ConfigSchema(ConfigSchema&&) = default;
  ConfigSchema& operator=(ConfigSchema&&) = default;

  clh::ParamTable run, train, eval;
  NamedTables stream, head, optimizer;
  ComponentLookup components;  // of [dataset], [backbone] and [model]
  std::vector<Preset> presets = embedded_presets();
  std::string default_benchmark = "split-fashion-mnist";
};

/// A section is one of three things: a table of the host, a named one, a component.
struct Section {
  const char* name;
  clh::ParamTable ConfigSchema::*table;
  NamedTables ConfigSchema::*named;
  clh_kind kind;
};

/// In the order in which a configuration is written.
inline constexpr Section kSections[] = {
    {"run", &ConfigSchema::run, nullptr, 0},
    {"dataset", nullptr, nullptr, CLH_DATASET},
    {"stream", nullptr, &ConfigSchema::stream, 0},
    {"backbone", nullptr, nullptr, CLH_BACKBONE},
    {"head", nullptr, &ConfigSchema::head, 0},
    {"model", nullptr, nullptr, CLH_MODEL},
    {"optimizer", nullptr, &ConfigSchema::optimizer, 0},
    {"train", &ConfigSchema::train, nullptr, 0},
    {"eval", &ConfigSchema::eval, nullptr, 0},
};

}  // namespace clh::core
