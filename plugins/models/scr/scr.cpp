// SupervisedContrastiveReplay: batch and replayed samples, as they are and augmented, are gathered
// by class with a projection of their features; the nearest class mean of the memory classifies.
// Mai et al., "Supervised Contrastive Replay: Revisiting the Nearest Class Mean Classifier in
// Online Class-Incremental Continual Learning", arXiv:2103.13885, Algorithm 1.
// Differs from the paper: the augmentation is the dataset's, so that both views are equal where it
// has none; steps are taken from the first batch on, when there is nothing to replay yet; anchors
// without another of their class are left out. The network's own outputs stay untrained.
#include <clh/label_range.hpp>
#include <clh/model.hpp>
#include <clh/nearest_class_mean.hpp>
#include <clh/own_parameters.hpp>
#include <clh/replay_limits.hpp>
#include <clh/reservoir_buffer.hpp>
#include <clh/supervised_contrastive.hpp>
#include <clh/unit_rows.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <map>
#include <vector>

namespace {

class SupervisedContrastiveReplay final : public clh::Model {
 public:
  static constexpr const char* kCite = "Mai et al. 2021, arXiv:2103.13885";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 100;
    double tau = 0.07;
    double tau0 = 0.07;
    std::int64_t proj_dim = 128;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
      option("tau", tau, "temperature of the contrast").above(0);
      option("tau0", tau0, "the contrast is multiplied by tau / tau0").above(0);
      option("proj-dim", proj_dim, "length of the projected features").min(1);
    }
  };

  SupervisedContrastiveReplay(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {
    clh::require_draw_fits(options.minibatch, options.buffer_size);
    const auto width = clh::Shape(net().info().features).numel();
    hidden_ = clh::own_layer(width, width, rng("method").torch());
    projection_ = clh::own_layer(width, options.proj_dim, rng("method").torch());
    optimizer().add("hidden.weight", hidden_.weight);
    optimizer().add("hidden.bias", hidden_.bias);
    optimizer().add("projection.weight", projection_.weight);
    optimizer().add("projection.bias", projection_.bias);
  }

  double observe(const clh::Batch& batch) override {
    clh::require_output_labels(batch.labels, net().info().outputs);
    auto plain = normalize(batch.raw), augmented = batch.inputs, labels = batch.labels;
    if (!memory_.empty()) {
      const auto old = memory_.sample(options_.minibatch > 0 ? options_.minibatch : batch.size());
      plain = at::cat({plain, normalize(old.raw)});
      augmented = at::cat({augmented, augment(old.raw)});
      labels = at::cat({labels, old.labels});
    }
    optimizer().zero_grad();
    const auto projected = project(net().features(at::cat({plain, augmented})));
    const auto loss = clh::supervised_contrastive(projected, at::cat({labels, labels}),
                                                  {options_.tau, options_.tau0});
    loss.backward();
    optimizer().step();
    memory_.add(batch.raw, batch.labels);
    means_.clear();
    return loss.item<double>();
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

  void state(clh::Archive& archive) override {
    archive("memory", memory_);
    means_.clear();
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  /// features [n, F] -> [n, proj-dim] of length 1.
  at::Tensor project(const at::Tensor& features) const {
    return clh::unit_rows(projection_(hidden_(features).relu()));
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

  Options options_;
  clh::ReservoirBuffer memory_;
  clh::OwnLayer hidden_, projection_;  // the optimizer's: saved with it
  clh::NearestClassMean means_;        // of the present weights and memory; empty = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<SupervisedContrastiveReplay>("scr", "Supervised contrastive replay",
                                                   {"class-il", "task-free"}));
