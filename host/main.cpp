// cl-host: continual-learning experiments with plugins. This file only picks the command.
#include <clh/error.hpp>

#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>

#include "core/error.hpp"
#include "core/options/name_hints.hpp"
#include "core/version.hpp"
#include "host/commands.hpp"

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

volatile std::sig_atomic_t stop_signal = 0;  // NOLINT: a handler can reach nothing else

extern "C" void ask_to_stop(int number) {
  if (stop_signal != 0) {
    std::signal(number, SIG_DFL);  // the second time at once
    std::raise(number);
  }
  stop_signal = number;
}

int run_command(const std::string& command, const clh::host::Arguments& arguments) {
  if (command == "train") {
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is no reason to lose the run
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    return clh::host::train_command(arguments, &stop_signal);
  }
  if (command == "list") {
    return clh::host::list_command(arguments);
  }
  if (command == "describe") {
    return clh::host::describe_command(arguments);
  }
  if (command == "doctor") {
    return clh::host::doctor_command(arguments);
  }
  if (command == "--version") {
    std::cout << "cl-host " << clh::core::kVersion << "\n";
    return clh::core::kExitDone;
  }
  if (command == "--help" || command == "-h" || command == "help") {
    std::cout << kHelp;
    return clh::core::kExitDone;
  }
  throw clh::core::Error(
      "usage", "cl-host: expected train, list, describe or doctor, found \"" + command + "\"",
      clh::core::did_you_mean(command, {"train", "list", "describe", "doctor"}, "cl-host --help"),
      clh::core::kExitUsage);
}

/// Errors: core::Error `unwritable` unless all that was printed has arrived.
void finish_output() {
  std::cout.flush();
  if (!std::cout) {
    throw clh::core::Error("unwritable",
                           "standard output: expected room for the output, found it closed or full",
                           "send it where there is room", clh::core::kExitUsage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error of a write, not the end of the process
  if (argc < 2) {
    std::cerr << kHelp;
    return clh::core::kExitUsage;
  }
  try {
    const int code = run_command(argv[1], {argv + 2, argv + argc});
    finish_output();
    return code;
  } catch (const clh::Stopped&) {
    std::cerr << "warning: interrupted before training began\n";
    return 128 + stop_signal;
  } catch (const clh::core::Error& e) {
    std::cerr << clh::core::format(e) << "\n";
    return e.exit_code();
  } catch (const clh::UsageError& e) {
    std::cerr << "error[usage]: " << e.what() << "\n";
    return clh::core::kExitUsage;
  } catch (const std::exception& e) {
    std::cerr << "error[bug]: cl-host: expected no such failure, found: " << e.what()
              << "\n  fix: please report this as an issue\n";
    return clh::core::kExitBug;
  }
}
