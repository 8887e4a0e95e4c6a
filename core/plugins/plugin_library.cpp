#include "core/plugins/plugin_library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <clh/error.hpp>

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "core/version.hpp"
#include <boost/dll/shared_library.hpp>

namespace clh::core {
namespace {

/// What a plugin is told of the host while it is loaded; it may call nothing of it.
const clh_host& load_time_host() {
  static const clh_host host = [] {
    clh_host h{};
    h.struct_size = sizeof h;
    h.abi_major = CLH_ABI_MAJOR;
    h.abi_minor = CLH_ABI_MINOR;
    h.name = "cl-host";
    h.version = kVersion;
    return h;
  }();
  return host;
}

/// Opened libraries are leaked on purpose: a graph node, a deleter or a thread-local of a plugin
/// may outlive every owner that could be named here, and closing under it is a crash.
boost::dll::shared_library& keep_open(boost::dll::shared_library library) {
  static auto& libraries = *new std::deque<boost::dll::shared_library>;
  return libraries.emplace_back(std::move(library));
}

boost::dll::shared_library& open_file(const std::filesystem::path& path) {
  using boost::dll::load_mode::rtld_local;
  using boost::dll::load_mode::rtld_now;
  try {
    return keep_open(boost::dll::shared_library(path, rtld_now | rtld_local));
  } catch (const std::system_error& e) {
    throw Error("load-failed",
                path.string() + ": expected a loadable shared object, found " + e.what(),
                "rebuild the plugin against this host", kExitPlugin);
  }
}

}  // namespace

PluginLibrary::PluginLibrary(const Catalogue& catalogue, const TorchLayout& torch)
    : catalogue_(&catalogue), torch_(torch) {}

LoadedComponent PluginLibrary::load(clh_kind kind, const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto& plugin = open(catalogue_->find(kind_name(kind), name));
  const auto plain = component_name(name);
  for (std::uint32_t i = 0; i < plugin.table->n_components; ++i) {
    const auto* c = plugin.table->components[i];
    if (c->kind == kind && plain == c->id) {
      return {&plugin, c};
    }
  }
  throw std::logic_error("the table was checked against the note, but " + name + " is missing");
}

const LoadedPlugin& PluginLibrary::open(const CatalogueEntry& entry) {
  for (const auto& plugin : plugins_) {
    if (plugin.entry.identity.same_file(entry.identity)) {
      return plugin;
    }
  }
  const auto where = entry.path.string();
  auto& library = open_file(entry.path);
  if (identity_of(entry.path) != entry.identity) {
    throw Error("changed", where + ": expected the file that was checked, found it changed",
                "run the command again", kExitPlugin);
  }
  if (!library.has("clh_plugin_entry")) {
    throw Error("no-entry", where + ": expected the symbol clh_plugin_entry, found none",
                "name the components with CLH_PLUGIN", kExitPlugin);
  }
  using Entry = const clh_plugin*(const clh_host*, clh_error*);
  auto& entry_function = library.get<Entry>("clh_plugin_entry");
  auto error = empty_error();
  const clh_plugin* table = entry_function(&load_time_host(), &error);
  if (table == nullptr) {
    throw Error("entry-refused",
                where + ": expected a table, found the plugin refusing: " +
                    (error.message[0] != '\0' ? error.message : "no reason given"),
                "read the plugin's documentation", kExitPlugin);
  }
  check_table(*table, entry.note, torch_, where);
  return plugins_.emplace_back(LoadedPlugin{entry, table});
}

const LoadedPlugin& PluginLibrary::owner(const clh_component& component) const {
  for (const auto& plugin : plugins_) {
    for (std::uint32_t i = 0; i < plugin.table->n_components; ++i) {
      if (plugin.table->components[i] == &component) {
        return plugin;
      }
    }
  }
  throw std::logic_error(std::string("no loaded plugin has the component ") + component.id);
}

}  // namespace clh::core
