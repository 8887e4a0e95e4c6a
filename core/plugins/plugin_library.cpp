#include "core/plugins/plugin_library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <clh/error.hpp>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/abi/error_text.hpp"
#include "core/error.hpp"
#include "core/files/sha256.hpp"
#include "core/process/load_guard.hpp"
#include "core/version.hpp"
#include <boost/dll/shared_library.hpp>

namespace clh::core {
namespace {

/// Opened libraries are leaked on purpose: a graph node, a deleter or a thread-local of a plugin
/// may outlive every owner that could be named here, and closing under it is a crash.
boost::dll::shared_library& keep_open(boost::dll::shared_library library) {
  static auto& libraries = *new std::deque<boost::dll::shared_library>;
  static auto& mutex = *new std::mutex;
  const std::lock_guard<std::mutex> lock(mutex);
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
  } catch (...) {
    // A constructor's exception that came through the dynamic linker, which is locked since.
    // Whether it comes as far as here is the compiler's choice, so that it must not matter.
    std::terminate();
  }
}

void require_same(const CatalogueEntry& entry, bool same) {
  if (!same) {
    throw Error("changed",
                entry.path.string() + ": expected the file that was checked, found it changed",
                "run the command again", kExitPlugin);
  }
}

/// Looks again at the file just before it is opened, so that code of another one does not run.
/// Returns: its SHA-256.
std::string hash_of_same(const CatalogueEntry& entry) {
  const PluginFile file(entry.path);
  auto sha256 = sha256_hex_of_descriptor(file.descriptor(), entry.path.string());
  require_same(entry, file.identity() == entry.identity);
  require_same(entry, entry.sha256.empty() || entry.sha256 == sha256);
  return sha256;
}

using PluginEntry = const clh_plugin*(const clh_host*, clh_error*);

/// Errors: Error `entry-refused` for a plugin that gives no table.
const clh_plugin* call_entry(PluginEntry& entry, const std::string& where) {
  auto error = empty_error();
  const clh_plugin* table = entry(&load_time_host(), &error);
  if (table == nullptr) {
    throw Error("entry-refused",
                where + ": expected a table, found the plugin refusing: " +
                    message_of(error, "no reason given"),
                "read the plugin's documentation", kExitPlugin);
  }
  return table;
}

/// A checked table and its components as they are now.
std::string bytes_of(const clh_plugin& table) {
  std::string bytes(reinterpret_cast<const char*>(&table), sizeof table);
  for (std::uint32_t i = 0; i < table.n_components; ++i) {
    bytes.append(reinterpret_cast<const char*>(table.components[i]), sizeof(clh_component));
  }
  return bytes;
}

}  // namespace

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

PluginLibrary::PluginLibrary(const Catalogue& catalogue, const TorchLayout& torch)
    : catalogue_(&catalogue), torch_(torch) {}

LoadedComponent PluginLibrary::load(clh_kind kind, const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& added : added_) {
    if (added.component->kind == kind && name == added.component->id) {
      return added;
    }
  }
  const auto& plugin = open(catalogue_->find(kind_name(kind), name));
  const auto plain = component_name(name);
  for (const auto& adopted : plugin.components) {
    const auto& c = adopted.get();
    if (c.kind == kind && plain == c.id) {
      return {&plugin, &c};
    }
  }
  throw std::logic_error("the table was checked against the note, but " + name + " is missing");
}

void PluginLibrary::add(const clh_plugin& table) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CatalogueEntry entry;
  entry.note.id = table.id;
  entry.note.version = table.version;
  const auto& plugin = keep(entry, table);
  for (const auto& adopted : plugin.components) {
    added_.push_back({&plugin, &adopted.get()});
  }
}

const LoadedPlugin& PluginLibrary::keep(const CatalogueEntry& entry, const clh_plugin& table) {
  auto& plugin = plugins_.emplace_back();
  plugin.entry = entry;
  plugin.table = &table;
  for (std::uint32_t i = 0; i < table.n_components; ++i) {
    plugin.components.emplace_back(*table.components[i]);
  }
  return plugin;
}

const LoadedPlugin& PluginLibrary::open(const CatalogueEntry& entry) {
  for (const auto& plugin : plugins_) {
    if (plugin.entry.identity.same_file(entry.identity)) {
      return plugin;
    }
  }
  const auto where = entry.path.string();
  const auto sha256 = hash_of_same(entry);
  LoadGuard guard;
  const CallRecord record(entry.note.id + " " + entry.note.version, entry.note.id);
  auto& library = [&]() -> auto& {
    const ScopedCallRecord scope(page_, record, "load", {});
    return open_file(entry.path);
  }
  ();
  require_same(entry, identity_of(entry.path) == entry.identity);
  if (!library.has("clh_plugin_entry")) {
    throw Error("no-entry", where + ": expected the symbol clh_plugin_entry, found none",
                "name the components with CLH_PLUGIN", kExitPlugin);
  }
  const ScopedCallRecord scope(page_, record, "clh_plugin_entry", {});
  auto& entry_function = library.get<PluginEntry>("clh_plugin_entry");
  const auto* table = call_entry(entry_function, where);
  check_table(*table, entry.note, torch_, where);
  const auto first = bytes_of(*table);
  if (call_entry(entry_function, where) != table || bytes_of(*table) != first) {
    throw Error(
        "bad-table",
        where + ": expected the same table at every call of clh_plugin_entry, found another",
        "report it to the plugin's author", kExitPlugin);
  }
  keep(entry, *table);
  auto& plugin = plugins_.back();
  plugin.sha256 = sha256;
  plugin.stolen_signals = guard.release();
  return plugin;
}

const clh_component& PluginLibrary::given(const clh_component& component) const {
  for (const auto& adopted : owner(component).components) {
    if (&adopted.get() == &component) {
      return adopted.given();
    }
  }
  return component;  // it is the plugin's own already
}

const LoadedPlugin& PluginLibrary::owner(const clh_component& component) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& plugin : plugins_) {
    for (const auto& adopted : plugin.components) {
      if (&adopted.get() == &component || &adopted.given() == &component) {
        return plugin;
      }
    }
  }
  throw std::logic_error(std::string("no loaded plugin has the component ") + component.id);
}

}  // namespace clh::core
