#include "core/plugins/catalogue.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "core/elf/elf_file.hpp"
#include "core/error.hpp"
#include "core/files/sha256.hpp"
#include "core/plugins/plugin_shadowing.hpp"
#include "core/text/identifiers.hpp"
#include "core/text/nearest_name.hpp"

namespace clh::core {
namespace {

namespace fs = std::filesystem;

// Keeps an error as the entry's status; the path is already in the entry.
void refuse(CatalogueEntry& entry, const Error& error) {
  const std::string place = entry.path.string() + ": ";
  const std::string_view text = error.what();
  entry.status = text.substr(0, place.size()) == place ? text.substr(place.size()) : text;
  entry.slug = error.slug();
  entry.fix = error.fix();
}

class Scanner final {
 public:
  Scanner(const HostFingerprint& host, const TrustRules& trust) : host_(host), trust_(trust) {}

  void visit(const SearchPlace& place) {
    if (place.origin == PluginOrigin::kFile) {
      add_file(place.path, place.origin);
    } else {
      add_directory(place);
    }
  }

  std::vector<CatalogueEntry> take() { return std::move(entries_); }

 private:
  void add_directory(const SearchPlace& place) {
    std::error_code error;
    std::vector<fs::path> files;
    fs::directory_iterator end, item(place.path, error);
    for (; !error && item != end; item.increment(error)) {
      const std::string name = item->path().filename().string();
      if (name.size() > 3 && name.compare(name.size() - 3, 3, ".so") == 0) {
        files.push_back(item->path());
      }
    }
    if (error) {
      report_directory(place, error);
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      add_file(file, place.origin);
    }
  }

  void report_directory(const SearchPlace& place, const std::error_code& error) {
    const std::string reason = "expected a readable directory, found \"" + error.message() + "\"";
    if (place.origin == PluginOrigin::kDirectory) {
      throw Error("bad-option", "--plugin-dir " + place.path.string() + ": " + reason,
                  "name a directory that exists", kExitUsage);
    }
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
      return;
    }
    CatalogueEntry entry;
    entry.path = place.path;
    entry.origin = place.origin;
    refuse(entry, Error("load-failed", reason, "check its permissions", kExitPlugin));
    entries_.push_back(std::move(entry));
  }

  void add_file(const fs::path& path, PluginOrigin origin) {
    CatalogueEntry entry;
    entry.path = path;
    entry.origin = origin;
    try {
      const PluginFile file(path);
      entry.path = file.path();
      entry.identity = file.identity();
      if (seen(entry.identity)) {
        return;
      }
      check(file, entry);
    } catch (const Error& error) {
      if (origin == PluginOrigin::kFile) {
        throw;
      }
      if (error.slug() == "no-note") {
        return;
      }
      refuse(entry, error);
    }
    entries_.push_back(std::move(entry));
  }

  // What is said about the file is read and checked through one descriptor: it concerns one inode.
  void check(const PluginFile& file, CatalogueEntry& entry) const {
    const std::string where = file.path().string();
    const ElfFile elf = read_elf(file.descriptor(), where);
    entry.note = parse_plugin_note(elf.note, where);
    const bool beside_executable =
        entry.origin == PluginOrigin::kInstalled && !trust_.executable.empty();
    if (!trust_.allow_insecure && !beside_executable) {
      check_permissions(file, trust_.executable);
    }
    check_gates(elf, entry.note, host_, where);
    if (trust_.lock) {
      entry.sha256 = sha256_hex_of_descriptor(file.descriptor(), where);
      trust_.lock->check({entry.note.id, entry.note.version, entry.sha256}, where);
    }
  }

  bool seen(const FileIdentity& identity) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const CatalogueEntry& entry) {
      return entry.identity.same_file(identity);
    });
  }

  const HostFingerprint& host_;
  const TrustRules& trust_;
  std::vector<CatalogueEntry> entries_;
};

// "er" or "org.example.er/er" as the user wrote it.
struct Wanted {
  explicit Wanted(const std::string& name_or_id)
      : id(name_or_id.substr(0, slash(name_or_id))), name(component_name(name_or_id)) {}

  static std::size_t slash(const std::string& text) {
    const auto position = text.rfind('/');
    return position == std::string::npos ? 0 : position;
  }

  bool matches(const CatalogueEntry& entry, const std::string& kind) const {
    return (id.empty() || entry.note.id == id) && entry.note.offers(kind, name);
  }

  std::string id, name;
};

[[noreturn]] void throw_duplicate(const std::string& kind, const std::string& wanted,
                                  const CatalogueEntry& a, const CatalogueEntry& b) {
  const std::string name = component_name(wanted);
  const bool same_id = a.note.id == b.note.id;
  throw Error("duplicate",
              kind + " " + wanted + ": expected one plugin at the level " + to_string(a.origin) +
                  ", found " + a.path.string() + " and " + b.path.string(),
              same_id ? "remove one of the two files"
                      : "ask for " + a.note.id + "/" + name + " or " + b.note.id + "/" + name,
              kExitPlugin);
}

const CatalogueEntry& same_id_from_origin(const std::vector<CatalogueEntry>& entries,
                                          const CatalogueEntry& entry) {
  return *std::find_if(entries.begin(), entries.end(), [&](const CatalogueEntry& other) {
    return &other != &entry && other.origin == entry.origin && other.note.id == entry.note.id;
  });
}

[[noreturn]] void throw_refusal(const CatalogueEntry& entry) {
  throw Error(entry.slug, entry.path.string() + ": " + entry.status, entry.fix, kExitPlugin);
}

// A file that could not be read as far as its note still has a name: er.so most likely held er.
void throw_if_refused(const std::vector<CatalogueEntry>& entries, const std::string& kind,
                      const Wanted& wanted) {
  for (const CatalogueEntry& entry : entries) {
    const bool by_file_name = entry.note.id.empty() && entry.path.stem() == wanted.name;
    if (entry.refused() && (wanted.matches(entry, kind) || by_file_name)) {
      throw_refusal(entry);
    }
  }
}

// What was refused must not make room for another plugin: whoever can damage the one would choose
// the other.
void throw_if_in_place_of_refused(const std::vector<CatalogueEntry>& entries,
                                  const std::string& kind, const Wanted& wanted,
                                  const CatalogueEntry& found) {
  const bool locked = !found.sha256.empty();
  for (const CatalogueEntry& entry : entries) {
    if (entry.refused() && entry.origin <= found.origin && wanted.matches(entry, kind) &&
        (locked || entry.slug == "insecure-path")) {
      throw_refusal(entry);
    }
  }
}

/// Reads what lies beside a build's plugin folder: a line "model:er-ace er_ace" for each component.
std::map<std::string, std::string> known_components(const SearchPlaces& places) {
  std::map<std::string, std::string> known;
  for (const auto& place : places) {
    if (place.origin == PluginOrigin::kInstalled) {
      std::ifstream file(place.path.parent_path() / "known-components.txt");
      for (std::string component, plugin; file >> component >> plugin;) {
        known.emplace(component, plugin);
      }
    }
  }
  return known;
}

[[noreturn]] void throw_not_built(const std::string& kind, const std::string& name,
                                  const std::string& plugin) {
  throw Error("not-built",
              "[" + kind + "] name: expected \"" + name + "\" to be built, found its sources alone",
              "bash cmake/bootstrap.sh build " + plugin, kExitUsage);
}

[[noreturn]] void throw_unknown(const std::string& kind, const std::string& wanted,
                                const std::vector<std::string>& names) {
  const std::string where = "[" + kind + "] name: expected ";
  if (names.empty()) {
    throw Error("unknown-component", where + "an installed " + kind + " plugin, found none",
                "name a directory that holds one with --plugin-dir, or build the built-in plugins",
                kExitUsage);
  }
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + name;
  }
  const auto nearest = nearest_name(component_name(wanted), names);
  throw Error("unknown-component",
              where + "one of " + list + ", found \"" + printable(wanted) + "\"",
              (nearest ? "did you mean \"" + *nearest + "\"? " : "") + "cl-host list " + kind + "s",
              kExitUsage);
}

}  // namespace

std::string component_name(const std::string& name_or_id) {
  return name_or_id.substr(name_or_id.rfind('/') + 1);
}

Catalogue Catalogue::scan(const SearchPlaces& places, const HostFingerprint& host,
                          const TrustRules& trust) {
  Scanner scanner(host, trust);
  for (const SearchPlace& place : places) {
    scanner.visit(place);
  }
  std::vector<CatalogueEntry> entries = scanner.take();
  mark_shadowed(entries);
  return {std::move(entries), known_components(places)};
}

const CatalogueEntry& Catalogue::find(const std::string& kind,
                                      const std::string& name_or_id) const {
  const Wanted wanted(name_or_id);
  const CatalogueEntry* found = nullptr;
  for (const CatalogueEntry& entry : entries_) {
    if ((!entry.usable() && entry.slug != "duplicate") || !wanted.matches(entry, kind)) {
      continue;
    }
    if (found != nullptr && entry.origin == found->origin) {
      throw_duplicate(kind, name_or_id, *found, entry);
    }
    found = found == nullptr ? &entry : found;
  }
  if (found != nullptr && !found->usable()) {
    throw_duplicate(kind, name_or_id, *found, same_id_from_origin(entries_, *found));
  }
  if (found == nullptr) {
    throw_if_refused(entries_, kind, wanted);
    const auto name = component_name(name_or_id);
    if (const auto known = known_.find(kind + ":" + name); known != known_.end()) {
      throw_not_built(kind, name, known->second);
    }
    throw_unknown(kind, name_or_id, names(kind));
  }
  throw_if_in_place_of_refused(entries_, kind, wanted, *found);
  return *found;
}

std::vector<std::string> Catalogue::names(std::string_view kind) const {
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : entries_) {
    for (std::size_t i = 0; i < entry.note.provides.size(); ++i) {
      if (entry.note.provides[i].kind == kind && entry.component_status[i].empty()) {
        names.push_back(entry.note.provides[i].name);
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace clh::core
