#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/plugins/compatibility.hpp"
#include "core/plugins/plugin_file.hpp"
#include "core/plugins/plugin_note.hpp"
#include "core/plugins/plugin_trust.hpp"
#include "core/plugins/search_path.hpp"

namespace clh::core {

/// One file of the search that is a plugin, or that claims to be one and is damaged.
struct CatalogueEntry {
  std::filesystem::path path;  // canonical where the file could be opened
  PluginOrigin origin = PluginOrigin::kFile;
  PluginNote note;  // empty if the file could not be read so far
  FileIdentity identity;
  std::string sha256;  // of the file as it was checked; only with a lock

  // Why the whole plugin cannot be used; all empty for a good one. The status is the reason without
  // the path. Slugs: those of read_elf, parse_plugin_note, check_permissions, check_gates and
  // LockFile::check, `load-failed`, `duplicate` (same id from the same origin), `shadowed` (same id
  // from an earlier one).
  std::string status, slug, fix;

  // For each of note.provides: "" = found by its plain name, else why not ("shadowed by /a/er.so").
  std::vector<std::string> component_status;

  bool usable() const noexcept { return slug.empty(); }

  /// Whether the file itself was refused, not for the sake of another one.
  bool refused() const noexcept { return !usable() && slug != "shadowed" && slug != "duplicate"; }
};

/// The plugins that are installed, as far as their files tell without being executed.
class Catalogue final {
 public:
  /// Reads headers and notes of every file at every place. In directories a file without a note is
  /// skipped and a damaged one becomes an entry with a status; the same inode twice is ignored.
  /// Errors:  Error, exit 3, for a file named by --plugin that is missing, damaged or refused;
  /// Error
  ///          `bad-option`, exit 2, for a --plugin-dir that is no readable directory.
  static Catalogue scan(const SearchPlaces& places, const HostFingerprint& host,
                        const TrustRules& trust = {});

  /// Returns: entries in the order of the search, within a directory sorted by file name.
  const std::vector<CatalogueEntry>& entries() const noexcept { return entries_; }

  /// Finds the plugin that provides a component.
  /// Inputs:  kind such as "model"; "er" or, always unambiguous, "org.example.er/er".
  /// Owner:   the reference lives as long as this catalogue.
  /// Errors:  Error `unknown-component`, exit 2, or `not-built`, exit 2, where the plugins' folder
  ///          says that this build could make it; `duplicate`, exit 3, for two plugins of one
  ///          origin; the candidate's own error, exit 3, if the only one is damaged or refused;
  ///          that of a refused one of the same or an earlier origin which nobody may step in for
  ///          silently: one that others could have changed, and with a lock every one.
  const CatalogueEntry& find(const std::string& kind, const std::string& name_or_id) const;

  /// Returns: the plain names by which find() succeeds for a kind, sorted.
  std::vector<std::string> names(std::string_view kind) const;

 private:
  Catalogue(std::vector<CatalogueEntry> entries, std::map<std::string, std::string> known)
      : entries_(std::move(entries)), known_(std::move(known)) {}

  std::vector<CatalogueEntry> entries_;
  std::map<std::string, std::string> known_;  // "model:er" -> plugin that this build could make
};

/// Returns: "er" for both "er" and "org.example.er/er".
std::string component_name(const std::string& name_or_id);

}  // namespace clh::core
