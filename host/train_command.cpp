// cl-host train: composes a configuration, runs it, keeps the record.
#include <clh/error.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/report/accuracy_table.hpp"
#include "core/report/results_json.hpp"
#include "core/run/environment.hpp"
#include "core/run/run_recorder.hpp"
#include "core/stream/describe_plan.hpp"
#include "host/commands.hpp"

namespace clh::host {
namespace {

namespace po = boost::program_options;

po::options_description train_flags() {
  po::options_description flags("Flags");
  flags.add_options()("help", "this text")(
      "dry-run", "print the resolved configuration and the task plan, train nothing")(
      "json", "print the results document on standard output, and nothing else there")(
      "seed", po::value<std::string>()->value_name("N"), "same as run.seed=N")(
      "threads", po::value<std::string>()->value_name("N"), "same as run.threads=N")(
      "on-nan", po::value<std::string>()->value_name("stop|continue"),
      "same as train.on-nan=...")("verbose", "log more");
  flags.add(plugin_flags());
  return flags;
}

constexpr const char* kText =
    R"(Runs a continual-learning experiment. Without arguments: experience replay with 500 exemplars on Split
Fashion-MNIST. Keys are those of the configuration; model=er is short for model.name=er.

  cl-host train
  cl-host train model=derpp model.alpha=0.5 model.beta=0.5 optimizer.lr=0.03 run.seed=1
  cl-host train benchmark=permuted-fashion-mnist model=sgd
  cl-host train experiment.toml train.epochs=5
  cl-host train --dry-run stream=rotated stream.scenario=domain-il
  cl-host list models        what may stand behind model=
  cl-host describe er        its options
)";

core::ConfigSources sources_of(const po::variables_map& given) {
  core::ConfigSources sources;
  for (const auto& argument : positional(given)) {
    if (argument.find('=') != std::string::npos) {
      sources.overrides.push_back(argument);
    } else if (!sources.file) {
      sources.file = argument;
    } else {
      throw core::Error("usage", "train: expected one file and key=value pairs, found \"" + argument + "\"",
                        "cl-host train FILE.toml key=value", core::kExitUsage);
    }
  }
  const std::pair<const char*, const char*> aliases[] = {
      {"seed", "run.seed"}, {"threads", "run.threads"}, {"on-nan", "train.on-nan"}};
  for (const auto& [flag, key] : aliases) {
    if (given.count(flag) != 0) {
      sources.overrides.push_back(std::string(key) + "=" + given[flag].as<std::string>());
    }
  }
  return sources;
}

std::shared_ptr<spdlog::logger> make_log(bool verbose) {
  auto console = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  console->set_level(verbose ? spdlog::level::debug : spdlog::level::warn);
  console->set_pattern("%^%l%$: %v");
  auto log = std::make_shared<spdlog::logger>("cl-host", console);
  log->set_level(spdlog::level::debug);
  return log;
}

core::RunRecord first_record(const core::ResolvedConfig& config, const core::Experiment& experiment) {
  core::RunRecord record;
  record.environment = core::read_environment(static_cast<int>(experiment.options().threads));
  record.environment.plugins = experiment.plugin_records();
  record.environment.dataset = experiment.dataset_record();
  record.config_toml = config.toml();
  record.config = config.json();
  return record;
}

std::optional<core::RunDirectory> make_directory(const core::RunOptions& options,
                                                 const core::ResolvedConfig& config,
                                                 spdlog::logger& log) {
  if (!options.record) {
    return std::nullopt;
  }
  const auto name = options.name.empty() ? config.benchmark + "-" + config.model->name : options.name;
  auto directory =
      core::RunDirectory::create(options.dir, name, static_cast<std::uint64_t>(options.seed),
                                 std::chrono::system_clock::now());
  auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(directory.log_txt().string());
  file->set_level(spdlog::level::info);
  log.sinks().push_back(file);
  return directory;
}

void print_tables(const core::RunRecord& record, bool terminal) {
  core::TableStyle style;
  style.colour = terminal;
  style.width = terminal ? terminal_width(STDOUT_FILENO) : 100;
  for (const auto& [setting, matrix] : record.matrices) {
    std::cout << "\n" << core::accuracy_table(setting, matrix, record.task_names, style);
  }
  std::cout << "\n" << core::metrics_table(record.matrices, style);
  const auto& t = record.timing;
  char line[160];
  std::snprintf(line, sizeof line, "%lld steps in %.2f s: data %.2f s, training %.2f s, evaluation %.2f s",
                static_cast<long long>(t.steps), t.wall_seconds, t.data_seconds, t.training_seconds,
                t.evaluation_seconds);
  std::cout << "\n" << line << "\n";
}

/// Trains, and gives the record its end whatever happens. Returns: the signal that ended it, or 0.
int run_loop(core::TaskLoop& loop, core::RunRecorder& recorder, spdlog::logger& log,
             const volatile std::sig_atomic_t* stop) {
  try {
    loop.run();
    recorder.finish("completed", "");
    return 0;
  } catch (const Stopped&) {
    recorder.finish("interrupted", "");
    log.warn("stopped by signal {} in task {} after {} steps", static_cast<int>(*stop),
             loop.experience(), loop.steps());
    return *stop;
  } catch (const std::exception& e) {
    recorder.finish("failed", e.what());
    log.error("{}", e.what());
    throw;
  }
}

}  // namespace

int train_command(const Arguments& arguments, const volatile std::sig_atomic_t* stop) {
  const auto flags = train_flags();
  const auto given = parse(arguments, flags, "train");
  if (given.count("help") != 0) {
    return print_help("cl-host train [FILE.toml] [key=value ...] [flags]", kText, flags);
  }
  const bool json = given.count("json") != 0;
  const auto start = std::chrono::steady_clock::now();
  const auto catalogue = core::Catalogue::scan(search_levels(given), core::host_fingerprint());
  core::PluginLibrary library(catalogue, core::host_torch_layout());
  const auto schema = core::config_schema(library);
  const auto config = core::resolve_config(schema, sources_of(given));
  auto log = make_log(given.count("verbose") != 0);
  for (const auto& warning : config.warnings) {
    log->warn("{}", warning);
  }
  core::set_threads(static_cast<int>(read_options<core::RunOptions>(config.run.values.data()).threads));

  core::Experiment experiment(config, catalogue, library, log, stop);
  if (given.count("dry-run") != 0) {
    std::cout << config.toml() << "\n" << core::describe_plan(experiment.plan(), experiment.source());
    return core::kExitDone;
  }
  const bool terminal = isatty(STDERR_FILENO) != 0;
  core::Progress::Options progress_options;
  progress_options.terminal = terminal;
  progress_options.width = terminal_width(STDERR_FILENO);
  core::Progress progress(std::cerr, progress_options);
  core::RunRecorder recorder(first_record(config, experiment),
                             make_directory(experiment.options(), config, *log), progress, start);
  auto loop = experiment.loop(recorder);
  recorder.watch(loop, experiment);
  if (const int signal = run_loop(loop, recorder, *log, stop)) {
    return 128 + signal;
  }
  if (json) {
    std::cout << core::results_text(recorder.record());
  } else {
    print_tables(recorder.record(), isatty(STDOUT_FILENO) != 0);
    if (recorder.directory()) {
      std::cout << "record: " << recorder.directory()->path().string() << "\n";
    }
  }
  std::cout.flush();
  if (!std::cout) {
    throw core::Error("unwritable", "standard output: expected to write the results, found it closed or full",
                      "send it where there is room", core::kExitUsage);
  }
  return core::kExitDone;
}

}  // namespace clh::host
