// cl-host describe: every option of a component, or of a section of the configuration.
#include <algorithm>
#include <chrono>
#include <iostream>

#include "core/error.hpp"
#include "core/experiment/run_setup.hpp"
#include "core/machine/environment.hpp"
#include "core/options/describe_options.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/process/child_process.hpp"
#include "core/text/nearest_name.hpp"
#include "host/commands.hpp"
#include "host/flag_numbers.hpp"
#include <fcntl.h>
#include <nlohmann/json.hpp>

namespace clh::host {
namespace {

namespace po = boost::program_options;

constexpr const char* kRefused = "refused";   // the child's answer when it has printed an error
constexpr WholeRange kTimeLimit{1, 1000000};  // seconds

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
    const std::string word = core::kind_name(kind);
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

/// Errors: that of an installed plugin which would have the name, had it not been refused.
void throw_if_refused(const core::Catalogue& catalogue, const std::string& name) {
  for (clh_kind kind = CLH_MODEL; kind <= CLH_LAYER; ++kind) {
    try {
      catalogue.find(core::kind_name(kind), name);
    } catch (const core::Error& error) {
      if (error.slug() != "unknown-component") {
        throw;
      }
    }
  }
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

std::string describe_loaded(const core::LoadedComponent& loaded, bool json) {
  const auto full_id = loaded.plugin->entry.note.id + "/" + loaded.component->id;
  return json ? core::describe_component_json(*loaded.component, full_id)
                        .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                    "\n"
              : core::describe_component(*loaded.component, full_id);
}

/// Errors: core::Error `usage` when it is not open for writing: this program gives the flag to
/// itself.
int answer_descriptor(const po::variables_map& given) {
  const int answer = given["answer"].as<int>();
  const int mode = ::fcntl(answer, F_GETFL);
  if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY) {
    throw core::Error("usage",
                      "describe: expected a descriptor that can be written after --answer, found " +
                          std::to_string(answer),
                      "leave --answer out", core::kExitUsage);
  }
  return answer;
}

/// The options stand in a table that only the plugin's own code hands out: it runs in a child.
/// Returns: the exit code.
int describe_in_child(const core::CatalogueEntry& entry, Arguments arguments,
                      std::chrono::seconds limit) {
  arguments.insert(arguments.begin(), "describe");
  const auto end = core::run_again(arguments, limit);
  if (end.exit_code == core::kExitDone && !end.answer.empty()) {
    std::cout << end.answer;
    return core::kExitDone;
  }
  if (end.exit_code > 0 && end.answer == kRefused) {
    return end.exit_code;  // the child has said why
  }
  crash_log().add(entry.path, entry.identity, end.timed_out ? "hung" : "crashed");
  throw core::Error(
      end.timed_out ? "plugin-timeout" : "plugin-crash",
      entry.path.string() + ": expected a plugin that can be loaded, found " + end.text(),
      "report it to the plugin's author", core::kExitCrash);
}

}  // namespace

int describe_command(const Arguments& arguments) {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")("json", "print JSON")(
      "timeout", po::value<std::string>()->value_name("S")->default_value("30"),
      "seconds that the plugin's code may take")(
      "in-process", "run the plugin's code in this process, for a debugger");
  flags.add(plugin_flags());
  auto known = flags;
  known.add_options()("answer", po::value<int>(), "descriptor of the parent process");
  const auto given = parse(arguments, known, "describe");
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
  const std::chrono::seconds limit(whole_number(given, "describe", "timeout", kTimeLimit));
  const bool json = given.count("json") != 0;
  const auto catalogue = scan_plugins_to_run(given);
  core::PluginLibrary library(catalogue, core::host_torch_layout());
  const auto schema = core::config_schema(library);
  const auto tables = host_tables(schema);
  const auto plain = core::component_name(words[0]);
  const auto kinds = kinds_of(catalogue, plain);
  if (kinds.empty()) {
    const auto table = tables.find(words[0]);
    if (table == tables.end()) {
      throw_if_refused(catalogue, words[0]);
      unknown(words[0], catalogue, tables);
    }
    if (json) {
      std::cout << core::describe_options_json(span(*table->second))
                       .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                << "\n";
    } else {
      std::cout << table->first << "\n\n" << core::describe_options(span(*table->second));
    }
    return core::kExitDone;
  }
  if (given.count("answer") != 0) {
    const int answer = answer_descriptor(given);
    try {
      core::write_answer(answer, describe_loaded(library.load(kinds[0].kind, words[0]), json));
    } catch (const core::Error&) {
      core::write_answer(answer, kRefused);
      throw;
    }
    return core::kExitDone;
  }
  if (given.count("in-process") != 0) {
    std::cout << describe_loaded(library.load(kinds[0].kind, words[0]), json);
    return core::kExitDone;
  }
  return describe_in_child(catalogue.find(kinds[0].kind_word, words[0]), arguments, limit);
}

}  // namespace clh::host
