// cl-host train: composes a configuration, runs it, keeps the record.
#include <clh/error.hpp>

#include <cerrno>
#include <filesystem>
#include <iostream>

#include "core/error.hpp"
#include "core/experiment/run_recorder.hpp"
#include "core/files/unwritable.hpp"
#include "core/machine/environment.hpp"
#include "core/plugins/refused_plugins.hpp"
#include "core/process/load_guard.hpp"
#include "core/record/results_json.hpp"
#include "core/report/accuracy_table.hpp"
#include "core/stream/describe_plan.hpp"
#include "core/text/word_list.hpp"
#include "core/version.hpp"
#include "host/commands.hpp"
#include "host/exit_guard.hpp"
#include "host/stop_signal.hpp"
#include "host/supervised_train.hpp"
#include <nlohmann/json.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace clh::host {
namespace {

namespace po = boost::program_options;

po::options_description train_flags() {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")(
      "dry-run", "print the resolved configuration and the task plan, train nothing")(
      "json", "print the results document on standard output, and nothing else there")(
      "seed", po::value<std::string>()->value_name("N"), "same as run.seed=N")(
      "threads", po::value<std::string>()->value_name("N"), "same as run.threads=N")(
      "on-nan", po::value<std::string>()->value_name("stop|continue"), "same as train.on-nan=...")(
      "verbose", "log more");
  flags.add(guard_flags());
  flags.add(plugin_flags());
  return flags;
}

constexpr const char* kTrainText =
    R"(Runs a continual-learning experiment. Without arguments: experience replay with 500 exemplars on Split
Fashion-MNIST. Keys are those of the configuration; model=er is short for model.name=er.

  cl-host train
  cl-host train model=derpp model.alpha=0.5 model.beta=0.5 optimizer.lr=0.03 run.seed=1
  cl-host train benchmark=permuted-fashion-mnist model=sgd
  cl-host train experiment.toml train.epochs=5
  cl-host train --dry-run stream=rotated     the plan, nothing trained
  cl-host list models        what may stand behind model=
  cl-host describe er        its options
)";

/// A word without "=" is a file, or a slip such as `train er`.
std::string existing_file(const std::string& word) {
  std::error_code ignored;
  if (word.find_first_of("./") == std::string::npos && !std::filesystem::exists(word, ignored)) {
    throw core::Error(
        "usage", "train: expected key=value or a configuration file, found \"" + word + "\"",
        "write key=value as in model=er, or name a TOML file that exists", core::kExitUsage);
  }
  return word;
}

core::ConfigInputs inputs_of(const po::variables_map& given) {
  core::ConfigInputs inputs;
  for (const auto& argument : positional(given)) {
    // A run's folder may be named after an override: what exists as a file is one.
    const bool file = std::filesystem::is_regular_file(argument);
    if (!file && argument.find('=') != std::string::npos) {
      inputs.overrides.push_back(argument);
    } else if (!inputs.file) {
      inputs.file = existing_file(argument);
    } else {
      throw core::Error("usage",
                        "train: expected one file and key=value pairs, found \"" + argument + "\"",
                        "cl-host train FILE.toml key=value", core::kExitUsage);
    }
  }
  const std::pair<const char*, const char*> aliases[] = {
      {"seed", "run.seed"}, {"threads", "run.threads"}, {"on-nan", "train.on-nan"}};
  for (const auto& [flag, key] : aliases) {
    if (given.count(flag) != 0) {
      inputs.overrides.push_back(std::string(key) + "=" + given[flag].as<std::string>());
    }
  }
  return inputs;
}

std::shared_ptr<spdlog::logger> make_log(bool verbose) {
  auto console = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  console->set_level(verbose ? spdlog::level::debug : spdlog::level::warn);
  console->set_pattern("%^%l%$: %v");
  auto log = std::make_shared<spdlog::logger>("cl-host", console);
  log->set_level(spdlog::level::debug);
  log->flush_on(spdlog::level::info);
  // A full disk is reported by the files that matter, not by each line of the log.
  log->set_error_handler([](const std::string&) {});
  return log;
}

void warn_of_stolen_signals(const core::PluginLibrary& library, spdlog::logger& log) {
  for (const auto& plugin : library.plugins()) {
    if (!plugin.stolen_signals.empty()) {
      log.warn("{}: changed the handlers of {} when it was loaded; they were restored",
               plugin.label(), core::joined(plugin.stolen_signals));
    }
  }
}

/// Folder of the run below run.dir; a record's configuration has no benchmark any more.
std::string run_name(const core::RunOptions& options, const core::ResolvedConfig& config) {
  if (!options.name.empty()) {
    return options.name;
  }
  const auto data = config.benchmark == "none" ? config.stream.name + "-" + config.dataset->name
                                               : config.benchmark;
  return data + "-" + config.model->name;
}

/// Writes the folder's name into the configuration, so that a repeated run lands beside this one.
void keep_run_name(core::ResolvedConfig& config) {
  const auto options = read_options<core::RunOptions>(config.run.values.data());
  if (auto* run = config.tree.find("run")) {
    std::get<core::ConfigTable>(run->data).set("name", {run_name(options, config)});
  }
}

std::optional<core::RunDirectory> make_directory(const core::RunOptions& options,
                                                 const core::ResolvedConfig& config,
                                                 spdlog::logger& log) {
  if (!options.record) {
    return std::nullopt;
  }
  auto directory = core::RunDirectory::create(options.dir, run_name(options, config),
                                              static_cast<std::uint64_t>(options.seed),
                                              std::chrono::system_clock::now());
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(directory.log_txt().string());
    file->set_level(spdlog::level::info);
    log.sinks().push_back(file);
  } catch (const spdlog::spdlog_ex&) {
    core::throw_unwritable(directory.log_txt(), "a file that can be created", errno);
  }
  log.info("cl-host {}, model {} on {}, seed {}", core::kVersion, config.model->name,
           config.dataset->name, options.seed);
  return directory;
}

void print_tables(const core::RunRecord& record, bool terminal) {
  core::TableStyle style;
  style.colour = terminal;
  style.width = terminal ? terminal_width(STDOUT_FILENO) : 100;
  for (const auto& [scenario, matrix] : record.matrices) {
    std::cout << "\n" << core::accuracy_table(scenario, matrix, record.task_names, style);
  }
  std::cout << "\n"
            << core::metrics_table(record.matrices, style) << core::notes_text(record.notes, style);
  const auto& t = record.timing;
  char line[160];
  std::snprintf(line, sizeof line,
                "%lld steps in %.2f s: data %.2f s, training %.2f s, evaluation %.2f s",
                static_cast<long long>(t.steps), t.wall_seconds, t.data_seconds, t.training_seconds,
                t.evaluation_seconds);
  std::cout << "\n" << line << "\n";
}

void print_place(const core::RunRecorder& recorder, std::ostream& out) {
  if (recorder.directory()) {
    out << "record: " << recorder.directory()->path().string() << "\n";
  }
}

/// Gives the record of a failed run its end; a second failure must not hide the first.
void record_failure(core::RunRecorder& recorder, spdlog::logger& log, const std::string& status,
                    const std::string& what) {
  log.info("{}: {}", status, what);  // for log.txt; main prints it
  try {
    recorder.finish(status, what);
  } catch (const core::Error& e) {
    log.warn("{}", e.what());
  }
}

/// Trains, and gives the record its end whatever happens. Returns: the signal that ended it, or 0.
int run_loop(core::TaskLoop& loop, core::Experiment& experiment, core::RunRecorder& recorder,
             core::Progress& progress, spdlog::logger& log,
             const volatile std::sig_atomic_t* stop) {
  try {
    loop.run();
    experiment.close();
    recorder.finish(loop.diverged().empty() ? "completed" : "diverged", loop.diverged());
    log.info("completed after {} steps", loop.steps());
    return 0;
  } catch (const Stopped&) {
    progress.clear();
    recorder.finish("interrupted", "");
    log.warn("interrupted by {} in task {}/{} after {} steps",
             *stop == SIGINT ? "SIGINT" : "SIGTERM", loop.experience() + 1,
             experiment.plan().experiences.size(), loop.steps());
    print_place(recorder, std::cerr);
    return *stop;
  } catch (const core::Error& e) {
    progress.clear();
    record_failure(recorder, log, e.slug() == "not-finite" ? "diverged" : "failed", e.what());
    print_place(recorder, std::cerr);
    throw;
  } catch (const std::exception& e) {
    progress.clear();
    record_failure(recorder, log, "failed", e.what());
    print_place(recorder, std::cerr);
    throw;
  }
}

}  // namespace

int train_command(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is no reason to lose the run
  const auto* stop = watch_stop_signals();
  auto all = train_flags();
  all.add(supervisor_flags());
  const auto given = parse(arguments, all, "train");
  if (given.count("help") != 0) {
    return print_help("cl-host train [FILE.toml] [key=value ...] [flags]", kTrainText,
                      train_flags());
  }
  const bool json = given.count("json") != 0;
  if (json && given.count("dry-run") != 0) {
    throw core::Error("usage", "train: expected --dry-run or --json, found both",
                      "a dry run has no results: leave out --json", core::kExitUsage);
  }
  const bool check = full_check(given);
  if (wants_supervision(given)) {
    return train_supervised(arguments, given);
  }
  const SupervisedPage page(given);
  std::optional<ExitGuard> guard;
  if (page.get() == nullptr) {  // a supervisor sees by itself how its child ends
    guard.emplace();
  }
  core::LoadGuard host_only;  // plugins run from here on: what they print goes to standard error
  const auto start = std::chrono::steady_clock::now();
  const auto catalogue = scan_plugins_to_run(given);
  core::PluginLibrary library(catalogue, core::host_torch_layout());
  library.watch(page.get());
  const auto schema = core::config_schema(library);
  auto config = core::resolve_config(schema, inputs_of(given));
  keep_run_name(config);
  auto log = make_log(given.count("verbose") != 0);
  for (const auto& warning : config.warnings) {
    log->warn("{}", warning);
  }
  core::set_threads(
      static_cast<int>(read_options<core::RunOptions>(config.run.values.data()).threads));

  core::Experiment experiment(config, catalogue, library, log, stop, check);
  warn_of_stolen_signals(library, *log);
  for (const auto& line : core::refused_plugins(catalogue, library.plugins())) {
    log->warn("{}", line);
  }
  if (given.count("dry-run") != 0) {
    host_only.release();
    std::cout << config.toml() << "\n"
              << core::describe_plan(experiment.plan(), experiment.labels());
    return core::kExitDone;
  }
  const bool terminal = isatty(STDERR_FILENO) != 0;
  core::Progress::Options progress_options;
  progress_options.terminal = terminal;
  progress_options.width = terminal_width(STDERR_FILENO);
  core::Progress progress(std::cerr, progress_options);
  core::RunRecorder recorder(core::begin_record(config, experiment),
                             make_directory(experiment.options(), config, *log), progress, start);
  if (page.get() != nullptr && recorder.directory()) {
    recorder.write_every_task();
    core::name_run_directory(*page.get(), recorder.directory()->path().string());
  }
  auto loop = experiment.loop(recorder);
  recorder.watch(loop, experiment);
  if (const int signal = run_loop(loop, experiment, recorder, progress, *log, stop)) {
    return 128 + signal;
  }
  host_only.release();
  if (!loop.diverged().empty()) {
    if (!json) {
      print_tables(recorder.record(), isatty(STDOUT_FILENO) != 0);
    }
    print_place(recorder, std::cerr);
    throw core::Error("not-finite", loop.diverged(), "lower the learning rate", core::kExitUsage);
  }
  if (json) {
    std::cout << core::results_text(recorder.record());
  } else {
    print_tables(recorder.record(), isatty(STDOUT_FILENO) != 0);
    print_place(recorder, std::cout);
  }
  return core::kExitDone;
}

}  // namespace clh::host
