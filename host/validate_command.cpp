// cl-host validate: whether a plugin keeps its side of the contract.
#include <filesystem>
#include <iostream>
#include <regex>

#include "core/error.hpp"
#include "core/run/environment.hpp"
#include "core/validate/check_children.hpp"
#include "core/validate/check_run.hpp"
#include "core/validate/validation_report.hpp"
#include "host/commands.hpp"
#include <nlohmann/json.hpp>

namespace clh::host {
namespace {

namespace po = boost::program_options;

constexpr const char* kText =
    R"(Checks whether plugins keep the contract of the ABI: the file itself, loading, tables, behaviour
under the real host, saved state, lifetime. The checks run in child processes, so that a crash or a
hang is reported with the check's name. Validating executes the plugin's code.

  cl-host validate build/my_model.so
  cl-host validate build/my_model.so --include state --seed 7
  cl-host validate lib/*.so --exclude 'life|damaged' --json
  cl-host validate build/my_model.so --include behave.batches --in-process    for a debugger

Exit code: 0 all passed, 1 a check failed, 2 usage.
)";

/// Where a child of validate reports; hidden from --help.
struct ChildSide {
  std::size_t first = 0;
  int report_to = -1;
};

po::options_description validate_flags() {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")("json", "print JSON")(
      "include", po::value<std::string>()->value_name("REGEX"), "only checks whose name matches")(
      "exclude", po::value<std::string>()->value_name("REGEX"), "no check whose name matches")(
      "in-process", "run in this process: a crash ends it")(
      "seed", po::value<std::uint64_t>()->default_value(0)->value_name("N"),
      "of everything that the checks draw")(
      "timeout", po::value<double>()->default_value(30, "30")->value_name("S"),
      "seconds that one check may take")("verbose", "show checks that passed, for many files too");
  flags.add(plugin_flags());
  return flags;
}

po::options_description with_child_side(const po::options_description& shown) {
  po::options_description flags;
  flags.add(shown);
  flags.add_options()("first", po::value<std::size_t>())("report-to", po::value<int>());
  return flags;
}

std::string text_of(const po::variables_map& given, const char* flag) {
  return given.count(flag) == 0 ? "" : given[flag].as<std::string>();
}

void require_regex(const std::string& flag, const std::string& pattern) {
  try {
    static_cast<void>(std::regex(pattern));
  } catch (const std::regex_error&) {
    throw core::Error(
        "usage",
        "validate: expected a regular expression after " + flag + ", found \"" + pattern + '"',
        "cl-host validate --help", core::kExitUsage);
  }
}

core::CheckOptions check_options(const po::variables_map& given, const std::string& file) {
  core::CheckOptions options;
  options.include = text_of(given, "include");
  options.exclude = text_of(given, "exclude");
  require_regex("--include", options.include);
  require_regex("--exclude", options.exclude);
  options.seed = given["seed"].as<std::uint64_t>();
  options.search = search_levels(given);
  options.search.insert(options.search.begin(), {core::Level::kFile, file});
  return options;
}

std::vector<std::filesystem::path> files_of(const po::variables_map& given) {
  std::vector<std::filesystem::path> files;
  for (const auto& word : positional(given)) {
    std::error_code error;
    files.push_back(std::filesystem::canonical(word, error));
    if (error || !std::filesystem::is_regular_file(files.back(), error)) {
      throw core::Error("usage", "validate: expected a plugin file, found \"" + word + '"',
                        "name a .so file that exists", core::kExitUsage);
    }
  }
  if (files.empty()) {
    throw core::Error("usage", "validate: expected at least one plugin file, found none",
                      "cl-host validate FILE...", core::kExitUsage);
  }
  return files;
}

/// The words that start this program again for the checks of one file.
std::vector<std::string> child_command(const po::variables_map& given) {
  std::vector<std::string> words = {"/proc/self/exe", "validate", "--in-process"};
  for (const char* flag : {"include", "exclude"}) {
    if (given.count(flag) != 0) {
      words.push_back(std::string("--") + flag + "=" + text_of(given, flag));
    }
  }
  words.push_back("--seed=" + std::to_string(given["seed"].as<std::uint64_t>()));
  for (const char* flag : {"plugin", "plugin-dir"}) {
    if (given.count(flag) != 0) {
      for (const auto& value : given[flag].as<std::vector<std::string>>()) {
        words.push_back(std::string("--") + flag + "=" + value);
      }
    }
  }
  if (given.count("no-default-plugins") != 0) {
    words.emplace_back("--no-default-plugins");
  }
  return words;
}

struct Collector final : core::CheckObserver {
  std::vector<core::CheckResult> results;
  void ended(std::size_t, const core::CheckResult& result) override { results.push_back(result); }
};

core::FileValidation validate_file(const std::filesystem::path& file,
                                   const po::variables_map& given) {
  const auto options = check_options(given, file);
  core::FileValidation validation;
  validation.file = file;
  if (given.count("in-process") != 0) {
    Collector collector;
    core::run_checks(file, options, 0, collector);
    validation.results = std::move(collector.results);
  } else {
    core::ChildOptions child;
    child.command = child_command(given);
    child.timeout_seconds = given["timeout"].as<double>();
    validation.results = core::check_in_children(file, core::planned_checks(file, options), child);
  }
  for (const auto& result : validation.results) {
    if (result.name == "static.note" && result.verdict == core::Verdict::kPassed) {
      validation.plugin = result.found;
    }
  }
  return validation;
}

/// A child's whole work: the checks from one number on, reported to a pipe.
int serve(const po::variables_map& given, const std::filesystem::path& file) {
  core::PipeReport report(given["report-to"].as<int>());
  core::run_checks(file, check_options(given, file), given["first"].as<std::size_t>(), report);
  return core::kExitDone;
}

}  // namespace

int validate_command(const Arguments& arguments) {
  const auto shown = validate_flags();
  const auto given = parse(arguments, with_child_side(shown), "validate");
  if (given.count("help") != 0) {
    return print_help("cl-host validate FILE... [flags]", kText, shown);
  }
  if (!(given["timeout"].as<double>() > 0)) {
    throw core::Error("usage", "validate: expected a positive number of seconds after --timeout",
                      "cl-host validate FILE --timeout 30", core::kExitUsage);
  }
  const auto files = files_of(given);
  core::set_threads(1);
  if (given.count("report-to") != 0 && given.count("first") != 0) {
    return serve(given, files[0]);
  }
  const bool json = given.count("json") != 0;
  core::ReportStyle style;
  style.all = files.size() == 1 || given.count("verbose") != 0;
  std::vector<core::FileValidation> validations;
  bool passed = true;
  for (const auto& file : files) {
    validations.push_back(validate_file(file, given));
    passed = passed && validations.back().passed();
    if (!json) {
      std::cout << core::validation_text(validations.back(), style) << std::flush;
    }
  }
  if (json) {
    std::cout << core::validation_json(validations)
                     .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  }
  return passed ? core::kExitDone : core::kExitBug;
}

}  // namespace clh::host
