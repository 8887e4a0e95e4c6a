// RunContext: what every instance of one run shares.
#pragma once
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/instances/torch_generators.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/process/call_record.hpp"
#include "core/random/rng_streams.hpp"
#include "core/record/metric_points.hpp"

namespace spdlog {
class logger;
}

namespace clh::core {

struct RunContext {
  RunContext(PluginLibrary& plugins, std::uint64_t run_seed, std::shared_ptr<spdlog::logger> logger)
      : library(&plugins),
        seed(run_seed),
        streams(run_seed),
        generators(run_seed),
        log(std::move(logger)) {}

  PluginLibrary* library;
  std::uint64_t seed;
  RngStreams streams;
  TorchGenerators generators;
  std::shared_ptr<spdlog::logger> log;
  std::map<std::string, double> metrics;             // reported by plugins
  std::vector<MetricPoint> metric_points;            // likewise, in their order
  std::map<std::string, const void*> extensions;     // id -> table; offered by rooms above
  const volatile std::sig_atomic_t* stop = nullptr;  // non-zero: end the run
  LoopPosition position;
  std::thread::id main_thread = std::this_thread::get_id();  // the only one with [main] functions
  bool full_check = false;  // verify around every call of a plugin what may cost time to verify
};

}  // namespace clh::core
