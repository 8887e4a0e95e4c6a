#include "host/commands.hpp"

#include <iomanip>
#include <iostream>
#include <iterator>
#include <sstream>

#include "core/error.hpp"
#include "core/text/word_list.hpp"
#include "core/version.hpp"

namespace clh::host {
namespace {

struct Command {
  const char *name, *summary;
  int (*run)(const Arguments&);
};

constexpr Command kCommands[] = {
    {"train", "run an experiment; without arguments: experience replay on Split Fashion-MNIST",
     train_command},
    {"list", "what is installed", list_command},
    {"describe", "the options of a component", describe_command},
    {"lock", "write down which plugins are installed, for --locked", lock_command},
    {"new", "write the sources of a plugin of your own", new_command},
    {"validate", "whether a plugin keeps the contract", validate_command},
    {"doctor", "what this machine offers, and what is wrong with it", doctor_command},
};

std::string help() {
  std::ostringstream text;
  text
      << "usage: cl-host <command> [arguments]\n\n"
         "Continual-learning experiments, natively. Algorithms, networks and data are plugins (.so "
         "files with\nall the rights of the user who runs them).\n\n";
  for (const auto& command : kCommands) {
    text << "  " << std::left << std::setw(11) << command.name << command.summary << "\n";
  }
  text << "\n  cl-host train model=der model.alpha=0.5 run.seed=1\n"
          "  cl-host list models\n"
          "  cl-host <command> --help\n";
  return text.str();
}

[[noreturn]] void refuse_command(const std::string& given) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& command : kCommands) {
    const bool last = &command == std::end(kCommands) - 1;
    list += (names.empty() ? "" : last ? " or " : ", ") + std::string(command.name);
    names.emplace_back(command.name);
  }
  throw core::Error("usage", "cl-host: expected " + list + ", found \"" + given + "\"",
                    core::did_you_mean(given, names, "cl-host --help"), core::kExitUsage);
}

/// Errors: core::Error `unwritable` unless all that was printed has arrived.
void finish_output() {
  std::cout.flush();
  if (!std::cout) {
    throw core::Error("unwritable",
                      "standard output: expected room for the output, found it closed or full",
                      "send it where there is room", core::kExitUsage);
  }
}

int dispatch(const std::string& name, const Arguments& arguments) {
  for (const auto& command : kCommands) {
    if (name == command.name) {
      return command.run(arguments);
    }
  }
  if (name == "--version") {
    std::cout << "cl-host " << core::kVersion << "\n";
    return core::kExitDone;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    std::cout << help();
    return core::kExitDone;
  }
  refuse_command(name);
}

}  // namespace

int run_command(const Arguments& arguments) {
  if (arguments.empty()) {
    std::cerr << help();
    return core::kExitUsage;
  }
  const int code = dispatch(arguments[0], {arguments.begin() + 1, arguments.end()});
  finish_output();
  return code;
}

}  // namespace clh::host
