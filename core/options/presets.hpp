// Presets: the configuration files that the executable carries, chosen by `benchmark=NAME`.
#pragma once

#include <string_view>
#include <vector>

namespace clh::core {

struct Preset {
  std::string_view name;  // the file's name without .toml
  std::string_view text;  // its TOML; a top-level `benchmark` names the preset that it builds on
};

/// The files of core/options/presets, in the order of their names. Generated at build time.
std::vector<Preset> embedded_presets();

}  // namespace clh::core
