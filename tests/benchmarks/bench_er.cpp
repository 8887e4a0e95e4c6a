// bench_er: the whole default job of cl-host (data, training, evaluation, metrics, record) against
// a hand-written LibTorch loop doing the same steps, alternating in one process; medians and their
// ratio. Target: at most 1.10.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "core/experiment/run_recorder.hpp"
#include "core/machine/environment.hpp"
#include "tests/benchmarks/hand_written_er.hpp"
#include "tests/benchmarks/median.hpp"
#include "tests/support/test_run.hpp"
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

namespace {

using namespace clh;  // NOLINT
using bench::median;

double class_il(const core::RunRecord& record) {
  const auto& matrix = record.matrices.at("class-il");
  double sum = 0;
  for (std::size_t j = 0; j < matrix.columns(); ++j) {
    sum += *matrix.at(matrix.rows() - 1, j);
  }
  return sum / static_cast<double>(matrix.columns());
}

/// What `cl-host train` does after its process has started. Returns: wall seconds, accuracy.
std::pair<double, double> host_job(const std::filesystem::path& runs, int seed) {
  const auto start = std::chrono::steady_clock::now();
  const auto catalogue = test::built_catalogue();
  core::PluginLibrary library(catalogue, core::host_torch_layout());
  core::ConfigInputs inputs;
  inputs.overrides = {"run.seed=" + std::to_string(seed), "run.dir=" + runs.string()};
  const auto config = core::resolve_config(core::config_schema(library), inputs);
  auto log =
      std::make_shared<spdlog::logger>("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
  core::Experiment experiment(config, catalogue, library, log, nullptr);
  std::ostringstream progress_text;
  core::Progress progress(progress_text, {});
  core::RunRecorder recorder(
      core::begin_record(config, experiment),
      core::RunDirectory::create(runs, "bench", 0, std::chrono::system_clock::now()), progress,
      start);
  auto loop = experiment.loop(recorder);
  recorder.watch(loop, experiment);
  loop.run();
  recorder.finish("completed", "");
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          class_il(recorder.record())};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  core::set_threads(1);
  const auto runs =
      std::filesystem::temp_directory_path() / ("clh-bench-" + std::to_string(getpid()));
  std::vector<double> host, hand;
  double host_accuracy = 0, hand_accuracy = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto [seconds, accuracy] = host_job(runs, round);
    host.push_back(seconds);
    host_accuracy += accuracy / rounds;
    const auto by_hand = bench::hand_written_er("/usr/share/datasets/fashion-mnist", round);
    hand.push_back(by_hand.seconds);
    for (const double a : by_hand.class_il.back()) {
      hand_accuracy += a / 5 / rounds;
    }
    std::printf("round %d  cl-host %.3f s  by hand %.3f s\n", round, host.back(), hand.back());
  }
  std::filesystem::remove_all(runs);
  const auto environment = core::read_environment(1);
  std::printf("median   cl-host %.3f s  by hand %.3f s  ratio %.3f (target 1.10)\n", median(host),
              median(hand), median(host) / median(hand));
  std::printf("class-il average accuracy, mean over seeds: cl-host %.4f  by hand %.4f\n",
              host_accuracy, hand_accuracy);
  std::printf("%s, %s, %d thread, %s\n", environment.cpu_model.c_str(),
              core::blas_name(environment.blas).c_str(), environment.threads,
              environment.cpu_capability.c_str());
  return 0;
}
