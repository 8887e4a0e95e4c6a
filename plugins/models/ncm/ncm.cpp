// Ncm: the class whose mean feature vector is nearest.
// Mensink et al., "Distance-Based Image Classification: Generalizing to New Classes at Near-Zero
// Cost", doi:10.1109/TPAMI.2013.83, with Euclidean distance; at length 1 as in Rebuffi et
// al., arXiv:1611.07725, Algorithm 1.
// Where the features come from is `backbone`: as the network is (`frozen`; without pre-trained
// weights these are random features), from plain steps on the first task that then stay
// (`first-task`), or from experience replay throughout (`replay`).
// Where the means come from is `source`: every sample once, as it comes (`stream`); exemplars,
// under the weights of the moment (`memory`), the only one that follows a network that goes on
// learning; or each task's own data at its end (`current`), `momentum` of a former mean being kept.
#include <clh/losses/check_labels.hpp>
#include <clh/losses/nearest_class_mean.hpp>
#include <clh/losses/running_class_means.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/reservoir_buffer.hpp>
#include <clh/networks/eval_features.hpp>
#include <clh/networks/for_each_batch.hpp>

#include <ATen/ops/cat.h>

#include <algorithm>
#include <string>

namespace {

enum class Source { kStream, kMemory, kCurrent };
enum class Training { kFrozen, kFirstTask, kReplay };

class Ncm final : public clh::Model {
 public:
  static constexpr const char* kCite = "Mensink et al. 2013, doi:10.1109/TPAMI.2013.83";
  struct Options {
    Source source = Source::kStream;
    bool normalize = true;
    double momentum = 0;
    Training backbone = Training::kFrozen;
    std::int64_t buffer_size = 0;
    std::int64_t minibatch = 0;
    void bind(clh::OptionBinder& option) {
      option("source", source, "what the means are of: all samples, exemplars, or the task's data")
          .choices({"stream", "memory", "current"});
      option("normalize", normalize, "bring features and their means to length 1");
      option("momentum", momentum, "source=current: share of a class's former mean that is kept")
          .min(0)
          .below(1);
      option("backbone", backbone,
             "how the network learns: not at all, in the first task, by replay")
          .choices({"frozen", "first-task", "replay"});
      option("buffer-size", buffer_size, "source=memory: exemplars kept, |M|").min(0);
      option("minibatch", minibatch,
             "backbone=replay: exemplars drawn per step; 0 = as many as the batch")
          .min(0);
    }
  };

  Ncm(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        training_(options.backbone == Training::kReplay),
        memory_({std::max<std::int64_t>(options.buffer_size, 1), clh::Offers::kOnce,
                 rng("buffer.insert"), rng("buffer.sample")}),
        classifier_(options.normalize) {
    const bool remembers = options.source == Source::kMemory;
    require(remembers || options.backbone != Training::kReplay,
            "source: expected memory beside backbone=replay, found another");
    require(remembers == (options.buffer_size > 0),
            remembers ? "buffer-size: expected at least 1 beside source=memory, found 0"
                      : "buffer-size: expected 0 without source=memory, found " +
                            std::to_string(options.buffer_size));
    require(options.minibatch == 0 || options.backbone == Training::kReplay,
            "minibatch: expected 0 without backbone=replay, found " +
                std::to_string(options.minibatch));
    require(
        options.momentum == 0 || options.source == Source::kCurrent,
        "momentum: expected 0 without source=current, found " + std::to_string(options.momentum));
    require(scenario() != clh::Scenario::kTaskFree ||
                (options.source != Source::kCurrent && options.backbone != Training::kFirstTask),
            "source, backbone: expected neither current nor first-task in a stream without "
            "boundaries, found one of them");
  }

  void begin_task(const clh::Task& task) override {
    training_ = options_.backbone == Training::kReplay ||
                (options_.backbone == Training::kFirstTask && task.first());
  }

  /// Returns: the loss of the step, or, without one, the mean squared distance to the class means.
  double observe(const clh::Batch& batch) override {
    classifier_.clear();
    double loss = training_ ? step(batch) : 0;
    if (options_.source == Source::kMemory) {
      memory_.add(batch);
    } else if (options_.source == Source::kStream && !training_ && batch.epoch == 0) {
      clh::check_labels(batch.labels, net().info().outputs);
      const auto u = classifier_.embed(clh::eval_features(net(), batch.inputs));
      loss = means_.add(u, batch.labels).deviations.square().sum(1).mean().item<double>();
    }
    return loss;
  }

  void end_task(const clh::Task& task) override {
    const bool all_at_once = training_ && options_.source == Source::kStream;
    if (all_at_once || options_.source == Source::kCurrent) {
      clh::RunningClassMeans found;
      clh::for_each_batch(*this, task, kPiece, [&](const clh::TaskSamples& read) {
        const auto u = classifier_.embed(clh::eval_features(net(), read.inputs));
        (all_at_once ? means_ : found).add(u, read.labels);
      });
      replace(found);
      classifier_.clear();
    }
    training_ = options_.backbone == Training::kReplay;
  }

  at::Tensor predict(const clh::Query& query) override {
    if (means_.empty() && memory_.empty()) {
      return net().forward(query.inputs);
    }
    if (classifier_.empty()) {
      classify_by(options_.source == Source::kMemory ? means_of_memory() : means_);
    }
    return classifier_.scores(net().features(query.inputs), net().info().outputs);
  }

  void state(clh::Archive& archive) override {
    archive("training", training_)("memory", memory_)("means", means_);
    classifier_.clear();
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  static void require(bool holds, const std::string& text) {
    if (!holds) {
      throw clh::UsageError("[model] " + text);
    }
  }

  /// A plain step on the batch and on what is replayed.
  double step(const clh::Batch& batch) {
    auto inputs = batch.inputs, labels = batch.labels;
    if (options_.backbone == Training::kReplay && !memory_.empty()) {
      const auto old = memory_.sample(options_.minibatch > 0 ? options_.minibatch : batch.size());
      inputs = at::cat({inputs, augment(old.raw)});
      labels = at::cat({labels, old.labels});
    }
    return learn(criterion(net().forward(inputs), labels));
  }

  /// Lets new means take the place of the former ones, all of it or but for the momentum.
  void replace(const clh::RunningClassMeans& found) {
    for (std::size_t c = 0; c < found.counts().size(); ++c) {
      if (found.counts()[c] == 0) {
        continue;
      }
      const auto output = static_cast<std::int64_t>(c);
      const bool known = c < means_.counts().size() && means_.counts()[c] > 0;
      const auto kept = known ? options_.momentum : 0.0;
      means_.set(output, known ? found.means()[output] * (1 - kept) + means_.means()[output] * kept
                               : found.means()[output]);
    }
  }

  clh::RunningClassMeans means_of_memory() const {
    const auto held = memory_.all();
    clh::RunningClassMeans means;
    for (std::int64_t first = 0; first < memory_.size(); first += kPiece) {
      const auto count = std::min(kPiece, memory_.size() - first);
      const auto features = net().features(normalize(held.raw.narrow(0, first, count)));
      means.add(classifier_.embed(features), held.labels.narrow(0, first, count));
    }
    return means;
  }

  void classify_by(const clh::RunningClassMeans& means) {
    for (std::size_t c = 0; c < means.counts().size(); ++c) {
      if (means.counts()[c] > 0) {
        const auto output = static_cast<std::int64_t>(c);
        classifier_.set(output, means.means()[output].to(at::kFloat).unsqueeze(0));
      }
    }
  }

  Options options_;
  bool training_;  // the network learns at present
  clh::ReservoirBuffer memory_;
  clh::RunningClassMeans means_;      // of embedded features; empty with source=memory
  clh::NearestClassMean classifier_;  // of the present weights and means; empty = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<Ncm>("ncm", "Nearest class mean"));
