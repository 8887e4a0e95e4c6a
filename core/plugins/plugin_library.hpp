// PluginLibrary: opens the plugins that a configuration names, each once, and never closes them.
#pragma once
#include <clh/abi.h>

#include <deque>
#include <mutex>
#include <string>

#include "core/plugins/catalogue.hpp"
#include "core/plugins/table_check.hpp"

namespace clh::core {

/// An opened plugin. Owner: the library; lives as long as it does.
struct LoadedPlugin {
  CatalogueEntry entry;
  const clh_plugin* table;

  /// "org.clh.er 1.0.0", for messages.
  std::string label() const { return entry.note.id + " " + entry.note.version; }
};

/// A component of an opened plugin.
struct LoadedComponent {
  const LoadedPlugin* plugin;
  const clh_component* component;
};

class PluginLibrary {
 public:
  /// Inputs: the catalogue is borrowed and outlives this object.
  PluginLibrary(const Catalogue& catalogue, const TorchLayout& torch);
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  /// Opens the plugin that provides a component, at the first use.
  /// Inputs:  name is a plain name ("er") or a full one ("org.clh.er/er").
  /// Errors:  those of Catalogue::find; Error `load-failed`, `changed`, `no-entry`,
  ///          `entry-refused` and those of check_table, exit code 3.
  LoadedComponent load(clh_kind kind, const std::string& name);

  /// The plugin that a component belongs to. Errors: std::logic_error for a foreign one.
  const LoadedPlugin& owner(const clh_component& component) const;

  const std::deque<LoadedPlugin>& plugins() const { return plugins_; }

 private:
  const LoadedPlugin& open(const CatalogueEntry& entry);

  const Catalogue* catalogue_;
  TorchLayout torch_;
  std::mutex mutex_;
  std::deque<LoadedPlugin> plugins_;
};

}  // namespace clh::core
