// cl-host: continual-learning experiments with plugins. This file only turns failures into exit
// codes.
#include <clh/error.hpp>

#include <csignal>
#include <exception>
#include <iostream>

#include "core/error.hpp"
#include "host/commands.hpp"
#include "host/stop_signal.hpp"

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error of a write, not the end of the process
  try {
    return clh::host::run_command({argv + 1, argv + argc});
  } catch (const clh::Stopped&) {
    std::cerr << "warning: interrupted before training began\n";
    return 128 + clh::host::stop_signal();
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
  } catch (...) {
    std::cerr << "error[bug]: cl-host: expected no such failure, found an exception of a foreign "
                 "type\n  fix: please report this as an issue\n";
    return clh::core::kExitBug;
  }
}
