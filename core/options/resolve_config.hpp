// Config layers: defaults, preset, file and overrides composed into one checked configuration.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/options/config_schema.hpp"
#include <nlohmann/json_fwd.hpp>

namespace clh::core {

/// What the user gave.
struct ConfigInputs {
  std::optional<std::filesystem::path> file;
  std::vector<std::string> overrides;  // `key=value`
  PathBase paths = PathBase::of_process();
};

/// A section of the host whose name chose its options.
struct ResolvedNamed {
  std::string name;
  ResolvedTable options;
};

/// A complete, checked configuration. It holds nothing of the schema.
struct ResolvedConfig {
  std::string benchmark;  // the preset that it started from, or "none"
  ResolvedTable run, train, eval;
  ResolvedNamed stream, head, optimizer;
  std::unique_ptr<ResolvedComponent> dataset, backbone, model;  // never null
  std::vector<std::string> warnings;
  ConfigTable tree;  // every section in order

  /// The configuration file that repeats this run anywhere: every key is written and
  /// `benchmark = "none"` keeps presets out. Resolving it gives the same text.
  std::string toml() const;
  nlohmann::json json() const;
};

/// Composes and checks a configuration: defaults, then the preset, then the file, then the
/// overrides. The preset is `benchmark=NAME` among the overrides, wherever it stands, else the
/// file's top-level `benchmark`, else the schema's default; `none` starts from the defaults alone.
/// All overrides are one layer, so their order matters only for the same key given twice.
/// Errors:  Error, exit code 2: `usage` (no key=value), `bad-config` (file or TOML),
///          `unknown-option`, `unknown-component`, `bad-option`; those of the component lookup.
ResolvedConfig resolve_config(const ConfigSchema& schema, const ConfigInputs& inputs);

}  // namespace clh::core
