// Icarl: binary cross-entropies on new samples and exemplars, old outputs taught by a frozen copy;
// exemplars chosen by herding also classify, by the nearest mean of their features.
// Rebuffi et al., "iCaRL: Incremental Classifier and Representation Learning", arXiv:1611.07725,
// Algorithms 1 to 5.
// Differs from the paper: class means come from the exemplars alone; pictures with three channels
// also contribute their mirror image (`flip`); until there are exemplars the outputs classify.
// `formula=reference-code` is the form behind the table of arXiv:2004.07211: features of any length
// and no mirror images; that its code trained on black exemplars on MNIST is not copied.
#include <clh/losses/nearest_class_mean.hpp>
#include <clh/losses/sigmoid_distillation.hpp>
#include <clh/memory/class_exemplars.hpp>
#include <clh/memory/herding.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/replay_options.hpp>
#include <clh/memory/seen_classes.hpp>
#include <clh/networks/for_each_batch.hpp>
#include <clh/parameters/weight_decay.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

namespace {

enum class Flip { kAuto, kOn, kOff };
enum class Active { kSeen, kAll };

struct Options {
  std::int64_t buffer_size = 500;
  double weight_decay = 1e-5;
  Flip flip = Flip::kAuto;
  bool normalize = true;
  Active active = Active::kSeen;
  clh::Formula formula = clh::Formula::kPaper;
  void bind(clh::OptionBinder& option) {
    option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each class")
        .min(1)
        .at_least(clh::kClasses);
    option("weight-decay", weight_decay, "weight of |theta|^2 in the loss").min(0);
    option("flip", flip, "mirror images in the class means; auto: of pictures with 3 channels")
        .choices({"auto", "on", "off"});
    option("normalize", normalize, "bring features and their means to length 1");
    option("active", active, "outputs in the loss: of classes seen so far, or every one")
        .choices({"seen", "all"});
    option("formula", formula,
           "reference-code: normalize=false flip=off, see the published DER suite")
        .choices({"paper", "reference-code"});
  }
};

class Icarl final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Rebuffi et al. 2017, arXiv:1611.07725";

  Icarl(const clh::ModelContext& context, const Options& options) : ModelOf(context, options) {
    if (reference_code() && options.flip == Flip::kOn) {
      throw clh::UsageError(
          "[model] flip: expected formula=paper beside on, found formula=reference-code");
    }
    clh::require_one_of_each(options.buffer_size, net().info().outputs);
  }

  void begin_task(const clh::Task& task) override {
    clh::require_one_of_each(options().buffer_size, task.outputs());
    seen_.begin_task(task.classes());
    exemplars_.append_to(task);
    means_.clear();
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    auto outputs = net().forward(batch.inputs);
    auto target =
        clh::sigmoid_targets(batch.inputs, batch.labels, outputs.size(1), teacher_, seen_.before());
    if (options().active == Active::kSeen) {
      const auto active = at::tensor(seen_.all(), at::kLong);
      outputs = outputs.index_select(1, active);
      target = target.index_select(1, active);
    }
    const auto loss = at::binary_cross_entropy_with_logits(outputs, target);
    loss.backward();
    const auto decay = clh::add_weight_decay(net(), options().weight_decay);
    optimizer().step();
    means_.clear();
    return loss.item<double>() + decay;
  }

  /// Makes the finished network the teacher, and chooses exemplars with its features.
  void end_task(const clh::Task& task) override {
    const at::NoGradGuard no_grad;
    teacher_ = net().frozen_copy();
    std::vector<at::Tensor> features, labels;
    clh::for_each_batch(*this, task, kPiece, [&](const clh::TaskSamples& samples) {
      features.push_back(means_.embed(teacher_.features(samples.inputs)));
      labels.push_back(samples.labels);
    });
    if (!features.empty()) {
      choose_exemplars(task, at::cat(features), at::cat(labels));
    }
    means_.clear();
  }

  at::Tensor predict(const clh::Query& query) override {
    if (exemplars_.empty()) {
      return net().forward(query.inputs);
    }
    if (means_.empty()) {
      for (const auto output : exemplars_.outputs()) {
        means_.set(output, exemplar_features(exemplars_.of(output)));
      }
    }
    return means_.scores(net().features(query.inputs), net().info().outputs);
  }

  void state(clh::Archive& archive) override {
    archive("seen", seen_)("exemplars", exemplars_);
    archive_network(archive, "teacher", teacher_);
    means_.clear();
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  bool reference_code() const { return options().formula == clh::Formula::kReferenceCode; }

  /// The task's classes anew, those of others cut to the quota. features [n, F], labels [n].
  void choose_exemplars(const clh::Task& task, const at::Tensor& features,
                        const at::Tensor& labels) {
    const auto quota = options().buffer_size / seen_.count();
    exemplars_.truncate(quota);
    for (const auto c : task.classes()) {
      const auto places = labels.eq(c).nonzero().squeeze(1);
      auto chosen = clh::herd(features.index_select(0, places), quota);
      for (auto& place : chosen) {
        place = places[place].item<std::int64_t>();
      }
      if (!chosen.empty()) {
        exemplars_.set(c, task.read(chosen).raw);
      }
    }
  }

  /// raw [n, ...] -> [n, F], or [2n, F] with mirror images.
  at::Tensor exemplar_features(const at::Tensor& raw) const {
    const bool picture = raw.dim() == 4 && raw.size(1) == 3;
    const bool mirror = options().flip == Flip::kOn ||
                        (options().flip == Flip::kAuto && picture && !reference_code());
    std::vector<at::Tensor> features;
    for (const auto& piece : raw.split(kPiece)) {
      features.push_back(net().features(normalize(piece)));
      if (mirror) {
        features.push_back(net().features(normalize(piece.flip({-1}))));
      }
    }
    return at::cat(features);
  }

  clh::SeenClasses seen_;
  clh::ClassExemplars exemplars_;
  clh::Network teacher_;
  clh::NearestClassMean means_{options().normalize && !reference_code()};  // empty = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<Icarl>("icarl", "Incremental classifier and representation learning"));
