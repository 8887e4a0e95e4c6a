#include "host/commands.hpp"

#include <csignal>
#include <iostream>

#include "core/error.hpp"
#include "core/options/name_hints.hpp"
#include "core/version.hpp"

namespace clh::host {
namespace {

constexpr const char* kHelp =
    R"(usage: cl-host <command> [arguments]

Continual-learning experiments, natively. Algorithms, networks and data are plugins (.so files with
all the rights of the user who runs them).

  train      run an experiment; without arguments: experience replay on Split Fashion-MNIST
  list       what is installed
  describe   the options of a component
  doctor     what this machine offers, and what is wrong with it

  cl-host train model=der model.alpha=0.5 run.seed=1
  cl-host list models
  cl-host <command> --help
)";

/// Errors: core::Error `unwritable` unless all that was printed has arrived.
void finish_output() {
  std::cout.flush();
  if (!std::cout) {
    throw core::Error("unwritable",
                      "standard output: expected room for the output, found it closed or full",
                      "send it where there is room", core::kExitUsage);
  }
}

int dispatch(const std::string& command, const Arguments& arguments) {
  if (command == "train") {
    return train_command(arguments);
  }
  if (command == "list") {
    return list_command(arguments);
  }
  if (command == "describe") {
    return describe_command(arguments);
  }
  if (command == "doctor") {
    return doctor_command(arguments);
  }
  if (command == "--version") {
    std::cout << "cl-host " << core::kVersion << "\n";
    return core::kExitDone;
  }
  if (command == "--help" || command == "-h" || command == "help") {
    std::cout << kHelp;
    return core::kExitDone;
  }
  throw core::Error(
      "usage", "cl-host: expected train, list, describe or doctor, found \"" + command + "\"",
      core::did_you_mean(command, {"train", "list", "describe", "doctor"}, "cl-host --help"),
      core::kExitUsage);
}

}  // namespace

int run_command(const Arguments& arguments) {
  if (arguments.empty()) {
    std::cerr << kHelp;
    return core::kExitUsage;
  }
  const int code = dispatch(arguments[0], {arguments.begin() + 1, arguments.end()});
  finish_output();
  return code;
}

}  // namespace clh::host
