#include "core/plugins/lock_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "core/options/toml_text.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr char kLockAgain[] = "check the plugins and run cl-host lock again";
constexpr std::size_t kShownDigits = 12;

[[noreturn]] void malformed(const std::string& file, const std::string& expected,
                            const std::string& found = "none") {
  throw Error("bad-config", file + ": expected " + expected + ", found " + found, kLockAgain,
              kExitUsage);
}

const std::string& text_of(const ConfigTable& table, const char* key, const std::string& file,
                           const std::string& id) {
  const ConfigValue* value = table.find(key);
  if (value == nullptr || value->text() == nullptr) {
    malformed(file, std::string("a text ") + key + " for the plugin " + printable(id));
  }
  return *value->text();
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<LockedPlugin> plugins_of(const ConfigTable& root, const std::string& file) {
  const ConfigValue* format = root.find("lock-format");
  const auto* number = format == nullptr ? nullptr : std::get_if<std::int64_t>(&format->data);
  if (number == nullptr || *number != kFormat) {
    malformed(file, "lock-format = " + std::to_string(kFormat),
              format == nullptr   ? "none"
              : number == nullptr ? "no whole number"
                                  : std::to_string(*number));
  }
  const ConfigValue* all = root.find("plugins");
  if (all == nullptr || all->table() == nullptr) {
    malformed(file, "a table [plugins]");
  }
  std::vector<LockedPlugin> plugins;
  for (const ConfigEntry& entry : all->table()->entries()) {
    const ConfigTable* table = entry.value.table();
    if (table == nullptr) {
      malformed(file, "a table for the plugin " + printable(entry.key));
    }
    plugins.push_back({entry.key, text_of(*table, "version", file, entry.key),
                       text_of(*table, "sha256", file, entry.key)});
    if (!is_sha256(plugins.back().sha256)) {
      malformed(file, "64 hexadecimal digits in sha256 of the plugin " + printable(entry.key));
    }
  }
  return plugins;
}

// "1.2.0 with SHA-256 0123456789ab..."
std::string shown(const LockedPlugin& plugin) {
  return plugin.version + " with SHA-256 " + plugin.sha256.substr(0, kShownDigits) + "...";
}

}  // namespace

LockFile::LockFile(std::vector<LockedPlugin> plugins) : plugins_(std::move(plugins)) {
  std::sort(plugins_.begin(), plugins_.end(),
            [](const LockedPlugin& a, const LockedPlugin& b) { return a.id < b.id; });
}

LockFile LockFile::read(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(file, ignored);  // empty without a directory
  const auto name = whole.empty() ? file.string() : whole.string();
  std::ifstream in;
  if (!std::filesystem::is_directory(file, ignored)) {  // it would open, and then throw
    in.open(file, std::ios::binary);
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || !in.is_open()) {
    const bool exists = std::filesystem::exists(file, ignored);
    throw Error("bad-option",
                name + ": expected a lock file, found " +
                    (exists ? "one that cannot be read" : "no such file"),
                "write it with cl-host lock, or name another with --lock-file FILE", kExitUsage);
  }
  LockFile lock(plugins_of(read_toml(text, name), name));
  lock.name_ = name;
  return lock;
}

std::string LockFile::text() const {
  ConfigTable plugins;
  for (const LockedPlugin& plugin : plugins_) {
    ConfigTable entry;
    entry.set("version", {plugin.version});
    entry.set("sha256", {plugin.sha256});
    plugins.set(plugin.id, {std::move(entry)});
  }
  ConfigTable root;
  root.set("lock-format", {kFormat});
  root.set("plugins", {std::move(plugins)});
  return "# Written by cl-host lock; with --locked cl-host uses these plugins and no others.\n" +
         write_toml(root);
}

void LockFile::check(const LockedPlugin& found, const std::string& where) const {
  const auto locked =
      std::find_if(plugins_.begin(), plugins_.end(),
                   [&](const LockedPlugin& plugin) { return plugin.id == found.id; });
  if (locked == plugins_.end()) {
    throw Error("not-locked",
                where + ": expected a plugin of " + name_ + ", found " + found.id + " " +
                    found.version + ", which is not in it",
                kLockAgain, kExitPlugin);
  }
  if (locked->sha256 != found.sha256 || locked->version != found.version) {
    throw Error("hash-mismatch",
                where + ": expected " + found.id + " " + shown(*locked) + " as locked, found " +
                    shown(found),
                std::string("put the locked file back, or ") + kLockAgain, kExitPlugin);
  }
}

void LockFile::check_complete(const std::vector<std::string>& found_ids) const {
  for (const LockedPlugin& plugin : plugins_) {
    if (std::find(found_ids.begin(), found_ids.end(), plugin.id) == found_ids.end()) {
      throw Error("missing-plugin",
                  name_ + ": expected the plugin " + printable(plugin.id) + " " +
                      printable(plugin.version) + " that it holds, found no file of it",
                  std::string("put the locked file back, or ") + kLockAgain, kExitPlugin);
    }
  }
}

}  // namespace clh::core
