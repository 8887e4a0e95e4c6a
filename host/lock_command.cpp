// cl-host lock: writes down which plugins are installed, to the last bit. Runs no plugin code.
#include <algorithm>
#include <iostream>

#include "core/error.hpp"
#include "core/files/atomic_file.hpp"
#include "core/files/sha256.hpp"
#include "core/plugins/lock_file.hpp"
#include "core/text/terminal_text.hpp"
#include "host/commands.hpp"

namespace clh::host {
namespace {

namespace po = boost::program_options;

/// Errors: core::Error `changed` if the file is not the one that was checked any more.
core::LockedPlugin locked(const core::CatalogueEntry& entry) {
  const core::PluginFile file(entry.path);
  auto sha256 = core::sha256_hex_of_descriptor(file.descriptor(), entry.path.string());
  if (file.identity() != entry.identity) {
    throw core::Error(
        "changed", entry.path.string() + ": expected the file that was checked, found it changed",
        "run the command again", core::kExitPlugin);
  }
  return {entry.note.id, entry.note.version, std::move(sha256)};
}

/// Errors: core::Error `unwritable` with a fix that suits this command; `usage` for an empty name.
void write_lock(const std::filesystem::path& file, const std::string& text) {
  if (file.empty()) {
    throw core::Error("usage", "lock: expected the name of a file, found none",
                      "cl-host lock plugins.lock", core::kExitUsage);
  }
  try {
    core::write_file_atomically(file, text);
  } catch (const core::Error& e) {
    throw core::Error(e.slug(), e.what(),
                      "name a file that you may write, where there is room: cl-host lock FILE",
                      e.exit_code());
  }
}

}  // namespace

int lock_command(const Arguments& arguments) {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text");
  flags.add(plugin_flags());
  const auto given = parse(arguments, flags, "lock");
  if (given.count("help") != 0) {
    return print_help("cl-host lock [FILE] [flags]",
                      "Writes id, version and SHA-256 of every plugin that can be used to FILE, "
                      "./plugins.lock if\nnone is named. With --locked every command refuses all "
                      "other plugins. Executes no plugin code.\n\n"
                      "  cl-host lock\n  cl-host train --locked\n",
                      flags);
  }
  const auto words = positional(given);
  if (words.size() > 1) {
    throw core::Error("usage",
                      "lock: expected at most one file, found " + std::to_string(words.size()),
                      "cl-host lock plugins.lock", core::kExitUsage);
  }
  const std::filesystem::path file = words.empty() ? "plugins.lock" : words[0];
  std::vector<core::LockedPlugin> plugins;
  const auto catalogue = scan_plugins(given);
  for (const auto& entry : catalogue.entries()) {
    if (entry.usable()) {
      plugins.push_back(locked(entry));
    } else if (entry.slug != "shadowed") {
      std::cerr << "warning: "
                << core::terminal_text(entry.path.string() + ": not locked: " + entry.status)
                << "\n";
    }
  }
  const auto count = plugins.size();
  write_lock(file, core::LockFile(std::move(plugins)).text());
  std::cout << file.string() << ": " << count << (count == 1 ? " plugin\n" : " plugins\n");
  return core::kExitDone;
}

}  // namespace clh::host
