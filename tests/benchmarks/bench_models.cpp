// bench_models: the step of each model against that of `sgd`, and against the floor that its
// passes imply: an `sgd` step plus the forward (F) and forward-and-backward passes (FB) that the
// method adds, each over 10 samples. One thread, MLP 784-100-100-10, batch 10, 10 replayed samples
// a draw, second task. All alternate in one process; medians, and medians of the ratios within a
// round. Target: 1.3 times the floor for er, er-ace, agem, der, derpp, ewc, si, mas and lwf.
#include <ATen/ops/cross_entropy_loss.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "core/machine/environment.hpp"
#include "tests/benchmarks/median.hpp"
#include "tests/plugins/models/model_harness.hpp"

namespace {

using namespace clh;  // NOLINT
using bench::median;
using test::HarnessPlan;
using test::ModelHarness;

constexpr std::int64_t kBatch = 10, kSamples = 1000;
constexpr int kSteps = 200;

struct Subject {
  const char* model;
  test::OptionTexts options;
  int forward, both;   // passes beside those of sgd
  bool joint = false;  // the replayed samples go through in one pass with the batch
};

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> list{
      {"sgd", {}, 0, 0},
      {"er", {{"buffer-size", "500"}}, 0, 1, true},
      {"er-ace", {{"buffer-size", "500"}}, 0, 1},
      {"der", {{"buffer-size", "500"}}, 0, 1},
      {"derpp", {{"buffer-size", "500"}}, 0, 2},
      {"agem", {{"buffer-size", "500"}, {"minibatch", "10"}}, 0, 1},
      {"agem-r", {{"buffer-size", "500"}, {"minibatch", "10"}}, 0, 1},
      {"ewc", {}, 0, 0},
      {"si", {}, 0, 0},
      {"mas", {}, 0, 0},
      {"rwalk", {}, 0, 0},
      {"lwf", {}, 1, 0},
  };
  return list;
}

/// A model in its second task, its memory full.
class Runner {
 public:
  explicit Runner(const Subject& subject)
      : harness_(plan(subject)),
        task_(test::random_task(kSamples, {784}, {0, 1, 2, 3, 4}, 1)),
        raw_(task_.raw.split(kBatch)),
        labels_(task_.labels.split(kBatch)) {
    harness_.begin_task(task_);
    harness_.train(kBatch);
    harness_.end_task();
    harness_.begin_task(test::random_task(kSamples, {784}, {5, 6, 7, 8, 9}, 2));
  }

  /// Seconds a step.
  double step() {
    return timed([&](std::size_t i) { harness_.observe(raw_[i], labels_[i]); });
  }
  /// The same with twice the samples, as one pass over batch and replayed samples has them.
  double double_step() {
    const auto raw = task_.raw.split(2 * kBatch), labels = task_.labels.split(2 * kBatch);
    return timed([&](std::size_t i) { harness_.observe(raw[i % 50], labels[i % 50]); });
  }
  /// Seconds of a forward pass without a graph.
  double forward() {
    const at::NoGradGuard no_grad;
    return timed([&](std::size_t i) { harness_.forward(raw_[i]); });
  }
  /// Seconds of a forward and backward pass, without a step.
  double both() {
    return timed([&](std::size_t i) {
      at::cross_entropy_loss(harness_.forward(raw_[i]), labels_[i]).backward();
    });
  }

 private:
  static HarnessPlan plan(const Subject& subject) {
    HarnessPlan plan;
    plan.model = subject.model;
    plan.options = subject.options;
    plan.input = {784};
    plan.backbone_options = {{"width", "100"}, {"depth", "2"}};
    plan.blocks = {10};
    plan.tasks = 5;
    plan.rate = 0.001;
    return plan;
  }

  template <class Work>
  static double timed(Work work) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kSteps; ++i) {
      work(i % (kSamples / kBatch));
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kSteps;
  }

  ModelHarness harness_;
  test::HarnessTask task_;
  std::vector<at::Tensor> raw_, labels_;
};

struct Times {
  std::vector<double> step, to_sgd, floor, to_floor;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 31;
  core::set_threads(1);
  std::vector<std::unique_ptr<Runner>> runners;
  for (const auto& subject : subjects()) {
    runners.push_back(std::make_unique<Runner>(subject));
  }
  std::vector<Times> times(runners.size());
  for (int round = -1; round < rounds; ++round) {  // the first one warms up
    const auto sgd = runners[0]->step(), twice = runners[0]->double_step();
    const auto forward = runners[0]->forward(), both = runners[0]->both();
    for (std::size_t i = 0; i < runners.size(); ++i) {
      const auto& subject = subjects()[i];
      const auto step = i == 0 ? sgd : runners[i]->step();
      const auto floor =
          subject.joint ? twice : sgd + subject.forward * forward + subject.both * both;
      if (round >= 0) {
        times[i].step.push_back(1e6 * step);
        times[i].to_sgd.push_back(step / sgd);
        times[i].floor.push_back(1e6 * floor);
        times[i].to_floor.push_back(step / floor);
      }
    }
  }
  std::printf(
      "| model | step | against sgd | floor | against the floor |\n|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < runners.size(); ++i) {
    const auto& t = times[i];
    std::printf("| `%s` | %.0f us | %.2f | %.0f us | %.2f |\n", subjects()[i].model, median(t.step),
                median(t.to_sgd), median(t.floor), median(t.to_floor));
  }
  const auto environment = core::read_environment(1);
  std::printf("\n%s, %s, %d thread, medians of %d rounds of %d steps\n",
              environment.cpu_model.c_str(), core::blas_name(environment.blas).c_str(),
              environment.threads, rounds, kSteps);
  return 0;
}
