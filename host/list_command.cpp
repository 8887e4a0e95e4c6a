// cl-host list: what is installed, read from the plugins' notes; no plugin code runs.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "core/error.hpp"
#include "core/plugins/table_check.hpp"
#include "core/text/nearest_name.hpp"
#include "core/text/terminal_text.hpp"
#include "host/commands.hpp"
#include <nlohmann/json.hpp>

namespace clh::host {
namespace {

namespace po = boost::program_options;

struct Row {
  std::string kind, name, version, caps, file, status;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::vector<Row> rows_of(const core::Catalogue& catalogue, const std::string& kind) {
  std::vector<Row> rows;
  const auto crashes = crash_log();
  for (const auto& entry : catalogue.entries()) {
    const auto crashed = crashes.find(entry.path, entry.identity);
    if (entry.note.provides.empty()) {
      if (kind.empty()) {
        rows.push_back({"-", entry.path.stem(), "", "", entry.path, entry.status});
      }
      continue;
    }
    for (std::size_t i = 0; i < entry.note.provides.size(); ++i) {
      const auto& component = entry.note.provides[i];
      if (!kind.empty() && component.kind != kind) {
        continue;
      }
      const auto& own = entry.component_status[i].empty() ? crashed : entry.component_status[i];
      rows.push_back({component.kind, component.name, entry.note.version,
                      joined(entry.note.caps_of(component.kind, component.name)), entry.path,
                      entry.usable() ? own : entry.status});
    }
  }
  const auto order = [](const Row& row) {
    const auto kind_number = core::kind_of(row.kind);
    return std::make_tuple(kind_number == 0 ? 99U : kind_number, row.name, row.file);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return order(a) < order(b); });
  return rows;
}

void print(const std::vector<Row>& rows) {
  std::size_t kind = 4, name = 4, version = 7, caps = 12;
  for (const auto& row : rows) {
    kind = std::max(kind, row.kind.size());
    name = std::max(name, row.name.size());
    version = std::max(version, row.version.size());
    caps = std::max(caps, row.caps.size());
  }
  const auto line = [&](const Row& row) {
    std::ostringstream text;
    text << std::left << std::setw(static_cast<int>(kind) + 2) << row.kind
         << std::setw(static_cast<int>(name) + 2) << row.name
         << std::setw(static_cast<int>(version) + 2) << row.version
         << std::setw(static_cast<int>(caps) + 2) << row.caps << row.file;
    if (!row.status.empty()) {
      text << "  (" << row.status << ")";
    }
    std::cout << core::terminal_text(text.str()) << "\n";
  };
  line({"KIND", "NAME", "VERSION", "CAPABILITIES", "FILE", ""});
  std::for_each(rows.begin(), rows.end(), line);
}

nlohmann::ordered_json json_of(const std::vector<Row>& rows) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    list.push_back({{"kind", row.kind},
                    {"name", row.name},
                    {"version", row.version},
                    {"capabilities", row.caps},
                    {"file", row.file},
                    {"status", row.status}});
  }
  return list;
}

/// "models" or "model" -> "model".
std::string read_kind(const std::vector<std::string>& words) {
  if (words.empty()) {
    return "";
  }
  auto kind = words[0];
  if (core::kind_of(kind) == 0 && !kind.empty() && kind.back() == 's') {
    kind.pop_back();
  }
  if (words.size() > 1 || core::kind_of(kind) == 0) {
    const auto near = core::nearest_name(
        words[0], {"models", "backbones", "datasets", "encoders", "nodes", "layers"});
    throw core::Error(
        "usage",
        "list: expected models, backbones, datasets, encoders, nodes or layers, found \"" +
            joined(words) + "\"",
        near ? "did you mean \"" + *near + "\"?" : "cl-host list --help", core::kExitUsage);
  }
  return kind;
}

}  // namespace

int list_command(const Arguments& arguments) {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")("json", "print JSON");
  flags.add(plugin_flags());
  const auto given = parse(arguments, flags, "list");
  if (given.count("help") != 0) {
    return print_help("cl-host list [models|backbones|datasets|encoders|nodes|layers] [flags]",
                      "Lists what is installed. Executes no plugin code.\n\n"
                      "  cl-host list\n  cl-host list models --json\n",
                      flags);
  }
  const auto kind = read_kind(positional(given));
  const auto catalogue = scan_plugins(given);
  const auto rows = rows_of(catalogue, kind);
  if (given.count("json") != 0) {
    std::cout << json_of(rows).dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  } else if (rows.empty()) {
    std::cout << "no " << (kind.empty() ? "plugin" : kind)
              << " found; cl-host doctor shows where was searched\n";
  } else {
    print(rows);
  }
  return core::kExitDone;
}

}  // namespace clh::host
