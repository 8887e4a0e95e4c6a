// RefusedPlugins: those that would have come first, had they not been refused.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "core/plugins/plugin_library.hpp"

namespace clh::core {

/// Returns: a line for each refused file of an earlier origin that offers something which a plugin
///          in use offers too: that plugin took its place.
std::vector<std::string> refused_plugins(const Catalogue& catalogue,
                                         const std::deque<LoadedPlugin>& used);

}  // namespace clh::core
