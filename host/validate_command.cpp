// cl-host validate: whether a plugin keeps its side of the contract.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <limits>
#include <regex>

#include "core/error.hpp"
#include "core/machine/environment.hpp"
#include "core/validate/check_children.hpp"
#include "core/validate/check_report.hpp"
#include "core/validate/check_run.hpp"
#include "core/validate/validation_report.hpp"
#include "host/commands.hpp"
#include "host/flag_numbers.hpp"
#include <nlohmann/json.hpp>

namespace clh::host {
namespace {

namespace po = boost::program_options;

constexpr const char* kValidateText =
    R"(Checks whether plugins keep the contract of the ABI: the file itself, loading, tables, behaviour
under the real host, saved state, lifetime. The checks run in child processes, so that a crash or a
hang is reported with the check's name. Validating executes the plugin's code.

  cl-host validate build/my_model.so
  cl-host validate build/my_model.so --include state --seed 7
  cl-host validate lib/*.so --exclude 'life|damaged' --json
  cl-host validate build/my_model.so --include behave.batches --in-process    for a debugger

Exit code: 0 all passed, 1 a check failed, 2 usage, 3 not in the lock file of --locked.
)";

constexpr double kShortestCheck = 1;  // second: what is slower is no hang

po::options_description validate_flags() {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")("json", "print JSON")(
      "include", po::value<std::string>()->value_name("REGEX"), "only checks whose name matches")(
      "exclude", po::value<std::string>()->value_name("REGEX"), "no check whose name matches")(
      "in-process", "run in this process: a crash ends it")(
      "seed", po::value<std::string>()->default_value("0")->value_name("N"),
      "of everything that the checks draw")(
      "timeout", po::value<std::string>()->default_value("30")->value_name("S"),
      "seconds that one check may take")("verbose", "show checks that passed, for many files too");
  flags.add(plugin_flags());
  return flags;
}

po::options_description with_child_side(const po::options_description& shown) {
  po::options_description flags;
  flags.add(shown);
  flags.add_options()("first", po::value<std::size_t>())("report-to", po::value<std::string>());
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

std::uint64_t seed_of(const po::variables_map& given) {
  return whole_number(given, "validate", "seed", {0, std::numeric_limits<std::uint64_t>::max()});
}

core::CheckOptions check_options(const po::variables_map& given, const std::string& file) {
  core::CheckOptions options;
  options.include = text_of(given, "include");
  options.exclude = text_of(given, "exclude");
  require_regex("--include", options.include);
  require_regex("--exclude", options.exclude);
  options.seed = seed_of(given);
  options.lock = trust_rules(given).lock;
  options.search = search_places(given);
  options.search.insert(options.search.begin(), {core::PluginOrigin::kFile, file});
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
  for (const char* flag : {"include", "exclude", "seed", "lock-file"}) {
    if (given.count(flag) != 0) {
      words.push_back(std::string("--") + flag + "=" + text_of(given, flag));
    }
  }
  for (const char* flag : {"plugin", "plugin-dir"}) {
    if (given.count(flag) != 0) {
      for (const auto& value : given[flag].as<std::vector<std::string>>()) {
        words.push_back(std::string("--") + flag + "=" + value);
      }
    }
  }
  for (const char* flag : {"no-default-plugins", "locked"}) {
    if (given.count(flag) != 0) {
      words.push_back(std::string("--") + flag);
    }
  }
  return words;
}

struct Collector final : core::CheckObserver {
  std::vector<core::CheckResult> results;
  void ended(std::size_t, const core::CheckResult& result) override { results.push_back(result); }
};

/// Remembers for cl-host list that the plugin ended a child. A time-out counts where the plugin is
/// loaded: later checks do work whose length is this machine's matter.
void remember_crash(const core::FileValidation& validation, const core::FileIdentity& identity) {
  for (const auto& result : validation.results) {
    const bool hung = result.verdict == core::Verdict::kTimedOut && result.name == "load.opens";
    const bool own_code = result.name.rfind("static.", 0) != 0;  // those execute nothing
    if (hung || (own_code && result.verdict == core::Verdict::kCrashed)) {
      crash_log().add(validation.file, identity, hung ? "hung" : "crashed");
      return;
    }
  }
}

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
    child.timeout_seconds = seconds(given, "validate", "timeout", kShortestCheck);
    const auto identity = core::identity_of(file);
    validation.results = core::check_in_children(file, core::planned_checks(file, options), child);
    remember_crash(validation, identity);
  }
  for (const auto& result : validation.results) {
    if (result.name == "static.note" && result.verdict == core::Verdict::kPassed) {
      validation.plugin = result.found;
    }
  }
  return validation;
}

/// Errors: those with which every command refuses a plugin that is not in the lock, if there is
/// one.
void refuse_unlocked(const po::variables_map& given, const std::filesystem::path& file) {
  auto trust = trust_rules(given);
  if (trust.lock) {
    trust.allow_insecure = true;  // as for every file that is named to be validated
    core::Catalogue::scan({{core::PluginOrigin::kFile, file}}, core::host_fingerprint(), trust);
  }
}

/// Whether --include chooses a check of a file; unknown, so true, if its note cannot be read.
bool chooses(const po::variables_map& given, const std::filesystem::path& file) {
  auto options = check_options(given, file);
  const std::regex wanted(options.include);
  options.include.clear();
  options.exclude.clear();
  const auto checks = core::planned_checks(file, options);
  const auto any = [&](auto what) { return std::any_of(checks.begin(), checks.end(), what); };
  return !any([](const core::Check& check) { return !check.component.empty(); }) ||
         any([&](const core::Check& check) { return std::regex_search(check.label(), wanted); });
}

/// Errors: core::Error `usage` when --include has a slip: nothing but the gates would be tried.
void require_choice(const po::variables_map& given,
                    const std::vector<std::filesystem::path>& files) {
  if (given.count("include") != 0 &&
      std::none_of(files.begin(), files.end(),
                   [&](const auto& file) { return chooses(given, file); })) {
    throw core::Error("usage",
                      "validate: expected a check whose name matches --include \"" +
                          text_of(given, "include") + "\", found none",
                      "leave --include out once: the report names every check", core::kExitUsage);
  }
}

/// A child's whole work: the checks from one number on, reported to a pipe.
int serve(const po::variables_map& given, const std::filesystem::path& file) {
  const auto pipe = core::ReportPipe::read(text_of(given, "report-to"));
  if (!pipe) {
    throw core::Error("usage",
                      "validate: expected the pipe of a parent after --report-to, found none",
                      "leave --report-to out", core::kExitUsage);
  }
  core::PipeReport report(*pipe);
  core::run_checks(file, check_options(given, file), given["first"].as<std::size_t>(), report);
  return core::kExitDone;
}

}  // namespace

int validate_command(const Arguments& arguments) {
  const auto shown = validate_flags();
  const auto given = parse(arguments, with_child_side(shown), "validate");
  if (given.count("help") != 0) {
    return print_help("cl-host validate FILE... [flags]", kValidateText, shown);
  }
  seconds(given, "validate", "timeout", kShortestCheck);
  seed_of(given);
  const auto files = files_of(given);
  for (const auto& file : files) {
    refuse_unlocked(given, file);
  }
  core::set_threads(1);
  if (given.count("report-to") != 0 && given.count("first") != 0) {
    return serve(given, files[0]);
  }
  require_choice(given, files);
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
