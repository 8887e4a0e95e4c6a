// cl-host doctor: what this machine offers, and what is wrong with it.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include "core/error.hpp"
#include "core/machine/environment.hpp"
#include "core/version.hpp"
#include "host/commands.hpp"
#include <nlohmann/json.hpp>

namespace clh::host {
namespace {

namespace po = boost::program_options;

struct Finding {
  std::string what, value, problem;  // problem empty = fine
};

std::vector<Finding> findings_of(const core::SearchPlaces& places) {
  const auto environment = core::read_environment(at::get_num_threads());
  const auto blas = core::blas_name(environment.blas);
  std::vector<Finding> findings{
      {"cl-host", environment.cl_host_version, ""},
      {"libtorch", environment.torch_version, ""},
      {"torch fingerprint", core::host_torch_fingerprint(), ""},
      {"BLAS", blas + " (" + environment.blas + ")",
       blas == "reference BLAS"
           ? "the reference BLAS is several times slower: install libblis4-openmp"
           : ""},
      {"CPU", environment.cpu_model, ""},
      {"CPU capability", environment.cpu_capability, ""},
      {"cores", std::to_string(std::thread::hardware_concurrency()), ""},
      {"threads", "1 in a run; run.threads=N for more", ""},
      {"compiler", environment.compiler, ""},
      {"system", environment.os, ""}};
  for (const auto& place : places) {
    std::error_code error;
    std::string problem, value = place.path.string();
    if (place.origin == core::PluginOrigin::kFile) {
      problem = std::filesystem::is_regular_file(place.path, error) ? "" : "no such file";
    } else if (!std::filesystem::is_directory(place.path, error)) {
      // A default folder need not exist; one that the user named must.
      value += " (none)";
      problem = place.origin == core::PluginOrigin::kDirectory ? "no such folder" : "";
    }
    findings.push_back({std::string("plugins, ") + core::to_string(place.origin), value, problem});
  }
  return findings;
}

void add_plugins(const po::variables_map& given, std::vector<Finding>& findings) {
  try {
    const auto catalogue = scan_plugins(given);
    std::size_t usable = 0;
    for (const auto& entry : catalogue.entries()) {
      usable += entry.usable() ? 1 : 0;
      if (!entry.usable() && entry.slug != "shadowed") {
        findings.push_back({"plugin", entry.path.string(), entry.slug + ": " + entry.status});
      }
    }
    findings.push_back(
        {"plugins", std::to_string(usable) + " usable",
         usable == 0 ? "no plugin found: build them, or name a folder with --plugin-dir" : ""});
  } catch (const core::Error& e) {
    findings.push_back({"plugins", "", e.what()});
  }
}

}  // namespace

int doctor_command(const Arguments& arguments) {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")("json", "print JSON");
  flags.add(plugin_flags());
  const auto given = parse(arguments, flags, "doctor");
  if (given.count("help") != 0) {
    return print_help(
        "cl-host doctor [flags]",
        "Reports libtorch, BLAS, threads, CPU, plugin folders, and what is wrong with any "
        "of them.\n\n  cl-host doctor\n",
        flags);
  }
  auto findings = findings_of(search_places(given));
  add_plugins(given, findings);
  if (given.count("json") != 0) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& f : findings) {
      list.push_back({{"what", f.what}, {"value", f.value}, {"problem", f.problem}});
    }
    std::cout << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return core::kExitDone;
  }
  std::size_t width = 0;
  for (const auto& f : findings) {
    width = std::max(width, f.what.size());
  }
  for (const auto& f : findings) {
    std::cout << (f.problem.empty() ? "  " : "! ") << f.what
              << std::string(width + 2 - f.what.size(), ' ') << f.value << "\n";
    if (!f.problem.empty()) {
      std::cout << std::string(width + 4, ' ') << f.problem << "\n";
    }
  }
  return core::kExitDone;
}

}  // namespace clh::host
