// The host's own options: [run], [train], [eval] and what every stream shares.
#pragma once
#include <clh/options.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/abi/scenario.hpp"
#include "core/stream/stream_builder.hpp"

namespace clh::core {

struct RunOptions {
  std::int64_t seed = 0;
  std::int64_t threads = 1;
  std::string name;
  std::filesystem::path dir = "runs";
  bool record = true;
  void bind(OptionBinder& option) {
    option("seed", seed, "seed of every random stream").min(0);
    option("threads", threads, "threads of LibTorch and BLAS").range(1, 1024);
    option("name", name, "folder of the run below dir; empty = its benchmark and model");
    option("dir", dir, "folder of all runs");
    option("record", record, "keep a run directory");
  }
};

enum class OnNan { kStop, kContinue };

struct TrainOptions {
  std::int64_t batch_size = 10;
  std::int64_t epochs = 1;
  std::int64_t iterations = 0;
  bool shuffle = true;
  bool drop_last = false;
  OnNan on_nan = OnNan::kStop;
  void bind(OptionBinder& option) {
    option("batch-size", batch_size, "samples of a training step").range(1, 1e9).unit("samples");
    option("epochs", epochs, "passes over each task").range(1, 1e9);
    option("iterations", iterations, "steps of each task instead of epochs; 0 = epochs")
        .range(0, 1e9);
    option("shuffle", shuffle, "visit a task's samples in random order");
    option("drop-last", drop_last, "leave out the last, smaller batch of an epoch");
    option("on-nan", on_nan, "what to do when a loss is not finite").choices({"stop", "continue"});
  }
};

enum class EvalScope { kSeen, kAll };

struct EvalOptions {
  std::int64_t batch_size = 1000;
  bool unseen_tasks = true;
  EvalScope scope = EvalScope::kSeen;
  void bind(OptionBinder& option) {
    option("batch-size", batch_size, "samples of an evaluation step").range(1, 1e9).unit("samples");
    option("unseen-tasks", unseen_tasks,
           "evaluate tasks not yet learned too (needed for forward transfer)");
    option("scope", scope, "class-il argmax over the classes seen so far, or over all outputs")
        .choices({"seen", "all"});
  }
};

/// A stream's own options behind the two that all share.
struct StreamOptions {
  explicit StreamOptions(std::string_view stream_name)
      : choice(stream_choice(stream_name)), scenario(usual_scenario(choice)) {}
  StreamChoice choice;
  Scenario scenario;  // by default the stream's usual one
  bool normalize = false;
  void bind(OptionBinder& option) {
    option("scenario", scenario, "what is known of the task in training and at test time")
        .choices({kScenarioNames[0].data(), kScenarioNames[1].data(), kScenarioNames[2].data(),
                  kScenarioNames[3].data()});
    option("normalize", normalize, "subtract the dataset's mean and divide by its deviation");
    core::bind(choice, option);
  }
};

}  // namespace clh::core
