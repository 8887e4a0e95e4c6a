// PluginLibrary: opens the plugins that a configuration names, each once, and never closes them.
#pragma once
#include <clh/abi.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "core/abi/adopted_component.hpp"
#include "core/plugins/catalogue.hpp"
#include "core/plugins/table_check.hpp"
#include "core/process/call_record.hpp"

namespace clh::core {

/// What a plugin is told of the host while it is loaded; it may call nothing of it.
const clh_host& load_time_host();

/// An opened plugin. Owner: the library; lives as long as it does.
struct LoadedPlugin {
  CatalogueEntry entry;
  const clh_plugin* table;                    // the plugin's own
  std::deque<AdoptedComponent> components{};  // of it, as this host reads them
  std::string sha256{};                       // of the file that was opened
  std::vector<std::string> stolen_signals{};  // whose handlers it changed while it was loaded

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
  /// Thread:  any.
  LoadedComponent load(clh_kind kind, const std::string& name);

  /// Records calls on `page` from now on, here and in every run that uses this library.
  /// Inputs:  borrowed; null = nobody watches.
  void watch(CallRecordPage* page) { page_ = page; }
  CallRecordPage* page() const { return page_; }

  /// Adds components that are compiled into this program; their names win over installed ones.
  /// Inputs:  a table of process lifetime.
  void add(const clh_plugin& table);

  /// The plugin that a component belongs to. Errors: std::logic_error for a foreign one.
  /// Thread: any.
  const LoadedPlugin& owner(const clh_component& component) const;

  /// The plugin's own table of a component that this library gave, as it stands in its instances.
  /// Errors: std::logic_error for a foreign one. Thread: any.
  const clh_component& given(const clh_component& component) const;

  /// Thread: main, while no other one loads.
  const std::deque<LoadedPlugin>& plugins() const { return plugins_; }

 private:
  const LoadedPlugin& open(const CatalogueEntry& entry);
  const LoadedPlugin& keep(const CatalogueEntry& entry, const clh_plugin& table);

  const Catalogue* catalogue_;
  TorchLayout torch_;
  CallRecordPage* page_ = nullptr;
  mutable std::mutex mutex_;
  std::deque<LoadedPlugin> plugins_;
  std::vector<LoadedComponent> added_;
};

}  // namespace clh::core
