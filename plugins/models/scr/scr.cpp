// SupervisedContrastiveReplay: batch and replayed samples, as they are and augmented, are gathered
// by class with a projection of their features; the nearest class mean of the memory classifies.
// Mai et al., "Supervised Contrastive Replay: Revisiting the Nearest Class Mean Classifier in
// Online Class-Incremental Continual Learning", arXiv:2103.13885, Algorithm 1.
// Differs from the paper: the augmentation is the dataset's, so that both views are equal where it
// has none; steps are taken from the first batch on, when there is nothing to replay yet; anchors
// without another of their class are left out. The network's own outputs stay untrained.
#include <clh/losses/check_labels.hpp>
#include <clh/losses/nearest_class_mean.hpp>
#include <clh/losses/normalize_rows.hpp>
#include <clh/losses/supervised_contrastive.hpp>
#include <clh/memory/replay_memory.hpp>
#include <clh/parameters/extra_parameters.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <map>
#include <vector>

namespace {

struct Options : clh::ReplayOptions {
  Options() { minibatch = 100; }
  double tau = 0.07;
  double tau0 = 0.07;
  std::int64_t proj_dim = 128;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("tau", tau, "temperature of the contrast").above(0);
    option("tau0", tau0, "the contrast is multiplied by tau / tau0").above(0);
    option("projection-dim", proj_dim, "length of the projected features").min(1);
  }
};

class SupervisedContrastiveReplay final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Mai et al. 2021, arXiv:2103.13885";

  SupervisedContrastiveReplay(const clh::ModelContext& context, const Options& options)
      : ModelOf(context, options) {
    const auto width = clh::Shape(net().info().features).numel();
    hidden_ = clh::extra_layer(width, width, rng("method").torch());
    projection_ = clh::extra_layer(width, options.proj_dim, rng("method").torch());
    optimizer().add("hidden.weight", hidden_.weight);
    optimizer().add("hidden.bias", hidden_.bias);
    optimizer().add("projection.weight", projection_.weight);
    optimizer().add("projection.bias", projection_.bias);
  }

  double observe(const clh::Batch& batch) override {
    clh::check_labels(batch.labels, net().info().outputs);
    auto plain = normalize(batch.raw), augmented = batch.inputs, labels = batch.labels;
    const auto old = memory_.draw(batch);
    plain = at::cat({plain, normalize(old.raw)});
    augmented = at::cat({augmented, augment(old.raw)});
    labels = at::cat({labels, old.labels});
    const auto projected = project(net().features(at::cat({plain, augmented})));
    const auto loss = clh::supervised_contrastive(projected, at::cat({labels, labels}),
                                                  {options().tau, options().tau0});
    const auto value = learn(loss);
    memory_.add(batch);
    means_.clear();
    return value;
  }

  at::Tensor predict(const clh::Query& query) override {
    if (memory_.empty()) {
      return net().forward(query.inputs);
    }
    if (means_.empty()) {
      find_means();
    }
    return means_.scores(net().features(query.inputs), net().info().outputs);
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override {
    archive("memory", memory_);
    means_.clear();
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  /// features [n, F] -> [n, proj-dim] of length 1.
  at::Tensor project(const at::Tensor& features) const {
    return clh::normalize_rows(projection_(hidden_(features).relu()));
  }

  void find_means() {
    const auto held = memory_.all();
    std::vector<at::Tensor> features;
    for (const auto& piece : held.raw.split(kPiece)) {
      features.push_back(net().features(normalize(piece)));
    }
    const auto all = at::cat(features);
    std::map<std::int64_t, std::vector<std::int64_t>> places;
    const auto labels = held.labels.contiguous();
    for (std::int64_t i = 0; i < labels.size(0); ++i) {
      places[labels.data_ptr<std::int64_t>()[i]].push_back(i);
    }
    for (const auto& [label, rows] : places) {
      means_.set(label, all.index_select(0, at::tensor(rows, at::kLong)));
    }
  }

  clh::ReplayMemory memory_{*this, options()};
  clh::ExtraLayer hidden_, projection_;  // the optimizer's: saved with it
  clh::NearestClassMean means_;          // of the present weights and memory; empty = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<SupervisedContrastiveReplay>("scr", "Supervised contrastive replay"));
