#include "host/command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "core/error.hpp"
#include "core/machine/environment.hpp"
#include "core/text/nearest_name.hpp"
#include "core/version.hpp"
#include <sys/ioctl.h>
#include <unistd.h>

namespace clh::host {

namespace po = boost::program_options;
namespace {

[[noreturn]] void refuse(const std::string& command, const std::string& expected,
                         const std::string& found, const std::string& hint = "") {
  throw core::Error("usage", command + ": expected " + expected + ", found " + found,
                    hint + "cl-host " + command + " --help", core::kExitUsage);
}

/// "did you mean "--json"? " for a flag that does not exist, or nothing.
std::string flag_hint(const std::string& flag, const po::options_description& flags) {
  std::vector<std::string> known;
  for (const auto& option : flags.options()) {
    known.push_back("--" + option->long_name());
  }
  const auto near = core::nearest_name(flag, known);
  return near ? "did you mean \"" + *near + "\"? " : "";
}

/// What stands between quotes in "the argument ('abc') for option '--first' is invalid".
std::string typed_in(const std::string& message) {
  const auto start = message.find("('"), end = message.find("')");
  return start == std::string::npos || end < start + 2 || end == std::string::npos
             ? "another"
             : '"' + message.substr(start + 2, end - start - 2) + '"';
}

/// Says in our words what the parser has just thrown.
[[noreturn]] void refuse_thrown(const std::string& command, const po::options_description& flags) {
  try {
    throw;
  } catch (const po::unknown_option& e) {
    refuse(command, "a known flag", e.get_option_name(), flag_hint(e.get_option_name(), flags));
  } catch (const po::invalid_command_line_syntax& e) {
    const bool unwanted = e.kind() == po::invalid_syntax::extra_parameter;
    refuse(command, (unwanted ? "no value after " : "a value after ") + e.get_option_name(),
           unwanted ? "one" : "none");
  } catch (const po::multiple_occurrences& e) {
    refuse(command, e.get_option_name() + " once", "it twice");
  } catch (const po::validation_error& e) {
    refuse(command, "a number after " + e.get_option_name(), typed_in(e.what()));
  } catch (const po::error& e) {
    refuse(command, "flags that can be read", std::string("an error: ") + e.what());
  }
}

/// Errors: core::Error `usage` for a flag whose value is empty: no flag gives that a meaning.
void require_values(const po::variables_map& given, const po::options_description& flags,
                    const std::string& command) {
  for (const auto& [flag, value] : given) {
    const auto* text = boost::any_cast<std::string>(&value.value());
    const auto* list = boost::any_cast<std::vector<std::string>>(&value.value());
    const bool empty = text != nullptr ? text->empty()
                                       : list != nullptr && std::count(list->begin(), list->end(),
                                                                       std::string()) != 0;
    const bool takes_one = flags.find(flag, false).semantic()->max_tokens() != 0;
    if (empty && takes_one && flag != "argument") {
      refuse(command, "a value after --" + flag, "none");
    }
  }
}

}  // namespace

po::options_description plugin_flags() {
  po::options_description flags("Plugins", kHelpWidth);
  flags.add_options()("plugin", po::value<std::vector<std::string>>()->value_name("FILE"),
                      "use this plugin file; may be repeated")(
      "plugin-dir", po::value<std::vector<std::string>>()->value_name("DIR"),
      "search this folder first; may be repeated")(
      "no-default-plugins", "search only what --plugin and --plugin-dir name")(
      "locked", "use only the plugins that ./plugins.lock holds, see cl-host lock")(
      "lock-file", po::value<std::string>()->value_name("FILE"), "the same with another lock file")(
      "allow-insecure-plugins", "use plugins that others could have changed, too");
  return flags;
}

po::variables_map parse(const Arguments& arguments, const po::options_description& flags,
                        const std::string& command) {
  Arguments words = arguments;
  std::replace(words.begin(), words.end(), std::string("-h"), std::string("--help"));
  po::options_description all;
  all.add(flags).add_options()("argument", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("argument", -1);
  po::variables_map given;
  try {
    // Only whole, long flags: `model.lr=-1` and `-1` stay arguments.
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positions)
                  .style(po::command_line_style::allow_long |
                         po::command_line_style::long_allow_adjacent |
                         po::command_line_style::long_allow_next)
                  .run(),
              given);
    po::notify(given);
  } catch (const po::error&) {
    refuse_thrown(command, flags);
  }
  require_values(given, all, command);
  for (const auto& word : positional(given)) {
    if (word.size() > 1 && word[0] == '-') {
      refuse(command, "a flag with two dashes", '"' + word + '"', flag_hint('-' + word, flags));
    }
  }
  return given;
}

std::vector<std::string> positional(const po::variables_map& given) {
  return given.count("argument") != 0 ? given["argument"].as<std::vector<std::string>>()
                                      : std::vector<std::string>();
}

core::SearchPlaces search_places(const po::variables_map& given) {
  core::SearchOptions options;
  const auto paths = [&](const char* flag) {
    std::vector<std::filesystem::path> list;
    if (given.count(flag) != 0) {
      for (const auto& path : given[flag].as<std::vector<std::string>>()) {
        list.emplace_back(path);
      }
    }
    return list;
  };
  options.files = paths("plugin");
  options.dirs = paths("plugin-dir");
  if (const char* path = std::getenv("CLH_PLUGIN_PATH")) {
    options.env_path = path;
  }
  if (const char* home = std::getenv("HOME")) {
    options.home = home;
  }
  options.executable = std::filesystem::read_symlink("/proc/self/exe");
  options.libdir = core::kPluginLibdir;
  options.no_default_plugins = given.count("no-default-plugins") != 0;
  return core::search_places(options);
}

core::TrustRules trust_rules(const po::variables_map& given) {
  core::TrustRules trust;
  trust.allow_insecure = given.count("allow-insecure-plugins") != 0;
  if (given.count("lock-file") != 0) {
    trust.lock = core::LockFile::read(given["lock-file"].as<std::string>());
  } else if (given.count("locked") != 0) {
    trust.lock = core::LockFile::read("plugins.lock");
  }
  return trust;
}

core::Catalogue scan_plugins(const po::variables_map& given) {
  return core::Catalogue::scan(search_places(given), core::host_fingerprint(), trust_rules(given));
}

core::Catalogue scan_plugins_to_run(const po::variables_map& given) {
  const auto trust = trust_rules(given);
  auto catalogue = core::Catalogue::scan(search_places(given), core::host_fingerprint(), trust);
  if (trust.lock) {
    std::vector<std::string> ids;
    for (const auto& entry : catalogue.entries()) {
      ids.push_back(entry.note.id);
    }
    trust.lock->check_complete(ids);
  }
  return catalogue;
}

core::CrashLog crash_log() {
  const auto folder = [](const char* variable) {
    const char* value = core::runs_with_extra_rights() ? nullptr : std::getenv(variable);
    const std::filesystem::path path(value == nullptr ? "" : value);
    return path.is_absolute() ? path : std::filesystem::path();
  };
  auto cache = folder("XDG_CACHE_HOME");
  if (cache.empty() && !folder("HOME").empty()) {
    cache = folder("HOME") / ".cache";
  }
  return core::CrashLog(cache.empty() ? cache : cache / "cl-host" / "crashes");
}

int print_help(const std::string& usage, const std::string& text,
               const po::options_description& flags) {
  std::cout << "usage: " << usage << "\n\n" << text << "\n" << flags;
  return core::kExitDone;
}

int terminal_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace clh::host
