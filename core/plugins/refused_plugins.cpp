#include "core/plugins/refused_plugins.hpp"

#include <algorithm>

namespace clh::core {
namespace {

/// A file that could not be read as far as its note still has a name: er.so most likely held er.
bool offers_the_same(const CatalogueEntry& refused, const PluginNote& used) {
  return std::any_of(used.provides.begin(), used.provides.end(), [&](const auto& provided) {
    return refused.note.id.empty() ? refused.path.stem() == provided.name
                                   : refused.note.offers(provided.kind, provided.name);
  });
}

}  // namespace

std::vector<std::string> refused_plugins(const Catalogue& catalogue,
                                         const std::deque<LoadedPlugin>& used) {
  std::vector<std::string> lines;
  for (const auto& entry : catalogue.entries()) {
    if (!entry.refused()) {
      continue;
    }
    for (const auto& plugin : used) {
      if (entry.origin < plugin.entry.origin && offers_the_same(entry, plugin.entry.note)) {
        lines.push_back(entry.path.string() + ": " + entry.status + "; " +
                        plugin.entry.path.string() + " is used in its place");
        break;
      }
    }
  }
  return lines;
}

}  // namespace clh::core
