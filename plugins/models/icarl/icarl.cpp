// Icarl: binary cross-entropies on new samples and exemplars, old outputs taught by a frozen copy;
// exemplars chosen by herding also classify, by the nearest mean of their features.
// Rebuffi et al., "iCaRL: Incremental Classifier and Representation Learning", arXiv:1611.07725,
// Algorithms 1 to 5.
// Differs from the paper: class means come from the exemplars alone; pictures with three channels
// also contribute their mirror image (`flip`); until there are exemplars the outputs classify.
// `formula=reference-code` is the form behind the table of arXiv:2004.07211: features of any length
// and no mirror images; that its code trained on black exemplars on MNIST is not copied.
#include <clh/herding.hpp>
#include <clh/model.hpp>
#include <clh/nearest_class_mean.hpp>
#include <clh/replay_limits.hpp>
#include <clh/sigmoid_distillation.hpp>
#include <clh/task_pass.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

namespace {

enum class Flip { kAuto, kOn, kOff };
enum class Active { kSeen, kAll };
enum class Formula { kPaper, kReferenceCode };

class Icarl final : public clh::Model {
 public:
  static constexpr const char* kCite = "Rebuffi et al. 2017, arXiv:1611.07725";
  struct Options {
    std::int64_t buffer_size = 500;
    double wd = 1e-5;
    Flip flip = Flip::kAuto;
    bool normalize = true;
    Active active = Active::kSeen;
    Formula formula = Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each class")
          .min(1);
      option("wd", wd, "weight of |theta|^2 in the loss").min(0);
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

  Icarl(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        means_(options.normalize && options.formula == Formula::kPaper) {
    if (options_.formula == Formula::kReferenceCode) {
      if (options_.flip == Flip::kOn) {
        throw clh::UsageError(
            "[model] flip: expected formula=paper beside on, found formula=reference-code");
      }
      options_.flip = Flip::kOff;
    }
    clh::require_one_of_each(options_.buffer_size, net().info().outputs);
  }

  void begin_task(const clh::Task& task) override {
    clh::require_one_of_each(options_.buffer_size, task.outputs());
    before_ = seen_;
    for (const auto c : task.classes()) {
      if (std::find(seen_.begin(), seen_.end(), c) == seen_.end()) {
        seen_.push_back(c);
      }
    }
    for (std::size_t i = 0; i < exemplars_.size(); ++i) {
      task.append(exemplars_[i], at::full({exemplars_[i].size(0)}, before_[i], at::kLong));
    }
    means_.clear();
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    auto outputs = net().forward(batch.inputs);
    auto target =
        clh::sigmoid_targets(batch.inputs, batch.labels, outputs.size(1), teacher_, before_);
    if (options_.active == Active::kSeen) {
      const auto active = at::tensor(seen_, at::kLong);
      outputs = outputs.index_select(1, active);
      target = target.index_select(1, active);
    }
    const auto loss = at::binary_cross_entropy_with_logits(outputs, target);
    loss.backward();
    double length = 0;
    if (options_.wd > 0) {
      const auto values = net().values();
      net().grads().add_(values, 2 * options_.wd);
      length = values.dot(values).item<double>();
    }
    optimizer().step();
    means_.clear();
    return loss.item<double>() + options_.wd * length;
  }

  /// Makes the finished network the teacher, and chooses exemplars with its features.
  void end_task(const clh::Task& task) override {
    const at::NoGradGuard no_grad;
    teacher_ = net().spawn(clh::Spawn::kFrozen);
    std::vector<at::Tensor> features, labels;
    clh::task_pass(*this, task, kPiece, [&](const clh::Read& read) {
      features.push_back(means_.embed(teacher_.features(read.inputs)));
      labels.push_back(read.labels);
    });
    const auto all_features = at::cat(features), all_labels = at::cat(labels);
    const auto quota = options_.buffer_size / static_cast<std::int64_t>(seen_.size());
    const auto classes = task.classes();
    exemplars_.resize(seen_.size());
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (std::find(classes.begin(), classes.end(), seen_[i]) == classes.end()) {
        auto& kept = exemplars_[i];
        kept = kept.narrow(0, 0, std::min(quota, kept.size(0))).clone();
        continue;
      }
      const auto places = all_labels.eq(seen_[i]).nonzero().squeeze(1);
      auto chosen = clh::herd(all_features.index_select(0, places), quota);
      for (auto& place : chosen) {
        place = places[place].item<std::int64_t>();
      }
      exemplars_[i] = task.read(chosen).raw;
    }
    means_.clear();
  }

  at::Tensor predict(const clh::Query& query) override {
    if (exemplars_.empty()) {
      return net().forward(query.inputs);
    }
    if (means_.empty()) {
      for (std::size_t i = 0; i < exemplars_.size(); ++i) {
        means_.set(seen_[i], exemplar_features(exemplars_[i]));
      }
    }
    return means_.scores(net().features(query.inputs), net().info().outputs);
  }

  void state(clh::Archive& archive) override {
    archive("seen", seen_)("before", before_)("exemplars", exemplars_);
    archive_network(archive, "teacher", teacher_);
    means_.clear();
    if (exemplars_.size() > seen_.size()) {
      throw clh::StatusError(CLH_E_STATE, "exemplars: expected at most those of " +
                                              std::to_string(seen_.size()) + " classes, found " +
                                              std::to_string(exemplars_.size()));
    }
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  /// raw [n, ...] -> [n, F], or [2n, F] with mirror images.
  at::Tensor exemplar_features(const at::Tensor& raw) const {
    const bool mirror = options_.flip == Flip::kOn ||
                        (options_.flip == Flip::kAuto && raw.dim() == 4 && raw.size(1) == 3);
    std::vector<at::Tensor> features;
    for (const auto& piece : raw.split(kPiece)) {
      features.push_back(net().features(normalize(piece)));
      if (mirror) {
        features.push_back(net().features(normalize(piece.flip({-1}))));
      }
    }
    return at::cat(features);
  }

  Options options_;
  std::vector<std::int64_t> seen_, before_;  // outputs in the order of appearance; before the task
  std::vector<at::Tensor> exemplars_;        // of seen_[i]: raw [n, ...], the best first
  clh::Network teacher_;
  clh::NearestClassMean means_;  // of the present weights; empty = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<Icarl>("icarl", "Incremental classifier and representation learning",
                             {"class-il", "task-il"}));
