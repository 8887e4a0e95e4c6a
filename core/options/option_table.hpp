// Schema: one table of the configuration checked against the options that it may hold.
#pragma once
#include <clh/abi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/options/config_value.hpp"

namespace clh::core {

/// What relative paths and `~/` stand for.
struct PathBase {
  std::filesystem::path current_directory;
  std::filesystem::path home;  // empty: unknown, `~/` is then refused

  static PathBase of_process();
};

/// Where a table stands, for messages.
struct TableLabel {
  std::string path;      // "model", "backbone.layer"
  std::string owner;     // "org.clh.er/er", "optimizer sgd", "train"
  std::string describe;  // what `cl-host describe` is to be given; empty for the host's own tables
};

/// The options of a table in their order.
/// Owner:   borrows a plugin's or a clh::ParamTable's array.
struct ParamSpan {
  const clh_param* first = nullptr;
  std::size_t count = 0;

  const clh_param* begin() const { return first; }
  const clh_param* end() const { return first + count; }
};

/// The checked values of a table, one per option in the options' order, with all they point to.
/// Owner:   this object owns every text and list; it holds nothing of the schema. Moving it keeps
///          all pointers valid.
struct ResolvedTable {
  ResolvedTable() = default;
  ResolvedTable(ResolvedTable&&) = default;
  ResolvedTable& operator=(ResolvedTable&&) = default;

  std::vector<clh_value> values;
  ConfigTable tree;  // the same, to be written; without deprecated options that were not given
  std::deque<std::string> texts;
  std::deque<std::vector<std::int64_t>> ints;
  std::deque<std::vector<double>> reals;
};

/// A component option's value: the factory (null: none) and how to write it.
struct ChosenComponent {
  const clh_factory* factory = nullptr;
  ConfigValue tree;
};

/// Resolves a component option; `chosen` is null when the user said nothing. A table without any
/// component option may leave it empty.
using ComponentOption =
    std::function<ChosenComponent(const clh_param& param, const ConfigValue* chosen)>;

/// Checks a table and fills in the defaults.
/// Inputs:  a component's `name` has been taken out of `user`; `warnings` grows by one line per
///          deprecated option in use.
/// Errors:  Error `unknown-option` or `bad-option`, exit code 2.
ResolvedTable resolve_table(ParamSpan params, const ConfigTable& user, const TableLabel& label,
                            const PathBase& paths, const ComponentOption& component,
                            std::vector<std::string>& warnings);

}  // namespace clh::core
