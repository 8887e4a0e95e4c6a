// cl-host describe: every option of a component, or of a section of the configuration.
#include <algorithm>
#include <iostream>

#include "core/error.hpp"
#include "core/options/describe_options.hpp"
#include "core/options/nearest_name.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/run/environment.hpp"
#include "core/run/run_setup.hpp"
#include "host/commands.hpp"
#include <nlohmann/json.hpp>

namespace clh::host {
namespace {

namespace po = boost::program_options;

core::ParamSpan span(const ParamTable& table) {
  return {table.params.data(), table.params.size()};
}

/// The host's own tables by what a user would call them: "train", "sgd", "class-split".
std::map<std::string, const ParamTable*> host_tables(const core::ConfigSchema& schema) {
  std::map<std::string, const ParamTable*> tables{
      {"run", &schema.run}, {"train", &schema.train}, {"eval", &schema.eval}};
  for (const auto* named : {&schema.stream, &schema.head, &schema.optimizer}) {
    for (const auto& [name, table] : named->tables) {
      // The optimizer sgd and the model sgd share a name; the section tells them apart.
      const char* section = named == &schema.stream ? "stream"
                            : named == &schema.head ? "head"
                                                    : "optimizer";
      tables.emplace(std::string(section) + "." + name, &table);
    }
  }
  return tables;
}

struct Found {
  clh_kind kind;
  std::string kind_word;
};

/// The kinds that provide `name`.
std::vector<Found> kinds_of(const core::Catalogue& catalogue, const std::string& name) {
  std::vector<Found> kinds;
  for (clh_kind kind = CLH_MODEL; kind <= CLH_LAYER; ++kind) {
    const auto word = core::kind_name(kind);
    const auto names = catalogue.names(word);
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      kinds.push_back({kind, word});
    }
  }
  return kinds;
}

/// What to type instead: "stream" has parts, "model" has a list, all else perhaps a near name.
std::string fix_for(const std::string& name, const std::vector<std::string>& known) {
  std::string parts;
  for (const auto& one : known) {
    if (one.rfind(name + '.', 0) == 0) {
      parts += (parts.empty() ? "" : ", ") + one;
    }
  }
  if (!parts.empty()) {
    return "choose one of " + parts;
  }
  const auto kind = !name.empty() && name.back() == 's' ? name.substr(0, name.size() - 1) : name;
  if (core::kind_of(kind) != 0) {
    return "choose one that cl-host list " + kind + "s shows";
  }
  const auto near = core::nearest_name(name, known);
  return (near ? "did you mean \"" + *near + "\"? " : "") + "cl-host list; cl-host describe --help";
}

[[noreturn]] void unknown(const std::string& name, const core::Catalogue& catalogue,
                          const std::map<std::string, const ParamTable*>& tables) {
  std::vector<std::string> known;
  for (clh_kind kind = CLH_MODEL; kind <= CLH_LAYER; ++kind) {
    for (const auto& one : catalogue.names(core::kind_name(kind))) {
      known.push_back(one);
    }
  }
  for (const auto& table : tables) {
    known.push_back(table.first);
  }
  throw core::Error(
      "unknown-component",
      "describe: expected an installed component or a part of the host, found \"" + name + "\"",
      fix_for(name, known), core::kExitUsage);
}

}  // namespace

int describe_command(const Arguments& arguments) {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")("json", "print JSON");
  flags.add(plugin_flags());
  const auto given = parse(arguments, flags, "describe");
  const auto words = positional(given);
  if (given.count("help") != 0) {
    return print_help(
        "cl-host describe NAME [flags]",
        "Prints every option with type, default, range and meaning. NAME is a component "
        "(er, mlp)\nor a part of the host: run, train, eval, stream.class-split, head.fixed, "
        "optimizer.sgd.\n\n  cl-host describe er\n  cl-host describe stream.permuted\n",
        flags);
  }
  if (words.size() != 1) {
    throw core::Error("usage",
                      "describe: expected one name, found " +
                          (words.empty() ? "none" : std::to_string(words.size())),
                      "cl-host describe er", core::kExitUsage);
  }
  const bool json = given.count("json") != 0;
  const auto catalogue = core::Catalogue::scan(search_levels(given), core::host_fingerprint());
  core::PluginLibrary library(catalogue, core::host_torch_layout());
  const auto schema = core::config_schema(library);
  const auto tables = host_tables(schema);
  const auto plain = core::component_name(words[0]);
  const auto kinds = kinds_of(catalogue, plain);
  if (kinds.empty()) {
    const auto table = tables.find(words[0]);
    if (table == tables.end()) {
      unknown(words[0], catalogue, tables);
    }
    if (json) {
      std::cout << core::describe_options_json(span(*table->second)).dump(2) << "\n";
    } else {
      std::cout << table->first << "\n\n" << core::describe_options(span(*table->second));
    }
    return core::kExitDone;
  }
  const auto loaded = library.load(kinds[0].kind, words[0]);
  const auto full_id = loaded.plugin->entry.note.id + "/" + loaded.component->id;
  if (json) {
    std::cout << core::describe_component_json(*loaded.component, full_id).dump(2) << "\n";
  } else {
    std::cout << core::describe_component(*loaded.component, full_id);
  }
  return core::kExitDone;
}

}  // namespace clh::host
