// Lucir: a cosine classifier, so that old and new classes have weights of one length; the features'
// direction is held where the old network had it, and a margin keeps the classes of replayed
// samples apart from the new ones that come nearest.
// Hou et al., "Learning a Unified Classifier Incrementally via Rebalancing", CVPR 2019:
// cosine normalization, less-forget constraint, inter-class separation; with imprinted weights for
// new classes and, after the task, steps on the balanced memory.
// The head is the model's own, its weights join the optimizer; the host's linear head stays unused,
// its gradients zero.
// Differs from the paper: features are the backbone's, after its last ReLU if it ends in one; the
// steps on the balanced memory are plain ones, and take new exemplars and old ones in equal part
// from a fixed budget; on them the scale and the backbone rest, as in the public code.
#include <clh/losses/normalize_rows.hpp>
#include <clh/losses/running_class_means.hpp>
#include <clh/memory/class_exemplars.hpp>
#include <clh/memory/herding.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/model.hpp>
#include <clh/networks/eval_features.hpp>
#include <clh/networks/for_each_batch.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cosine_head.hpp"

namespace {

class Lucir final : public clh::Model {
 public:
  static constexpr const char* kCite = "Hou et al. 2019, doi:10.1109/CVPR.2019.00092";
  struct Options {
    std::int64_t buffer_size = 500;
    double lambda_base = 5;
    double lambda_mr = 1;
    std::int64_t k = 2;
    double margin = 0.5;
    std::int64_t ft_epochs = 20;
    double ft_lr = 0.01;
    bool imprint = true;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each class")
          .min(1)
          .at_least(clh::kClasses);
      option("lambda-base", lambda_base,
             "weight of the features' direction, before sqrt(old / new classes)")
          .min(0);
      option("lambda-mr", lambda_mr, "weight of the margin between old and new classes").min(0);
      option("k", k, "new classes that an old sample is compared with, the highest ones").min(1);
      option("margin", margin, "least distance of their cosines to that of its own class").min(0);
      option("fine-tune-epochs", ft_epochs,
             "passes over the memory for the head alone, after each later "
             "task; 0 = none")
          .min(0);
      option("fine-tune-lr", ft_lr, "learning rate of those, a tenth in the second half").above(0);
      option("imprint", imprint, "let the weights of new classes begin at their mean features");
    }
  };

  Lucir(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), head_(optimizer()) {
    clh::require_one_of_each(options_.buffer_size, net().info().outputs);
  }

  void begin_task(const clh::Task& task) override {
    clh::require_one_of_each(options_.buffer_size, task.outputs());
    old_ = head_.size();
    if (old_ > 0) {
      teacher_ = net().frozen_copy();
    }
    const auto fresh = unseen(task.classes());
    if (!fresh.empty()) {
      head_.grow(optimizer(), first_weights(task, fresh));
      seen_.insert(seen_.end(), fresh.begin(), fresh.end());
    }
    exemplars_.append_to(task);
  }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    const auto units = clh::normalize_rows(net().features(batch.inputs));
    auto value = loss(head_.cosines(units), batch.labels);
    if (teacher_ && old_ > 0 && old_ < head_.size()) {
      const auto taught = clh::normalize_rows(teacher_.features(batch.inputs));
      const auto share = static_cast<double>(old_) / static_cast<double>(head_.size() - old_);
      value =
          value + (1 - (units * taught).sum(1)).mean() * (options_.lambda_base * std::sqrt(share));
    }
    return learn(value);
  }

  void end_task(const clh::Task& task) override {
    choose_exemplars(task);
    if (old_ > 0) {
      fine_tune();
    }
  }

  at::Tensor predict(const clh::Query& query) override {
    if (seen_.empty()) {
      return net().forward(query.inputs);
    }
    const auto units = clh::normalize_rows(net().features(query.inputs));
    return outputs_of(head_.cosines(units));
  }

  void state(clh::Archive& archive) override {
    archive("seen", seen_)("old", old_)("batch-size", batch_size_)("exemplars", exemplars_);
    archive_network(archive, "teacher", teacher_);
    archive.record("head",
                   [&] { head_.state(archive, optimizer(), net().info().features.dim[0]); });
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  /// Those of a task's classes that no task had before.
  std::vector<std::int64_t> unseen(std::vector<std::int64_t> classes) const {
    const auto known = [this](std::int64_t c) {
      return std::find(seen_.begin(), seen_.end(), c) != seen_.end();
    };
    classes.erase(std::remove_if(classes.begin(), classes.end(), known), classes.end());
    return classes;
  }

  /// Weights [n, F] of new classes: their mean features, as long as the old weights are, or, in the
  /// first task, without `imprint` or without samples, U(+-1/sqrt(F)).
  at::Tensor first_weights(const clh::Task& task, const std::vector<std::int64_t>& fresh) const {
    const at::NoGradGuard no_grad;
    const auto count = static_cast<std::int64_t>(fresh.size());
    const auto width = net().info().features.dim[0];
    const double bound = 1 / std::sqrt(static_cast<double>(width));
    auto weights = at::empty({count, width}).uniform_(-bound, bound, rng("method").torch());
    if (old_ == 0 || !options_.imprint) {
      return weights;
    }
    clh::RunningClassMeans means;
    clh::for_each_batch(*this, task, kPiece, [&](const clh::TaskSamples& read) {
      means.add(clh::normalize_rows(clh::eval_features(net(), read.inputs)), read.labels);
    });
    for (std::int64_t i = 0; i < count; ++i) {
      const auto c = static_cast<std::size_t>(fresh[static_cast<std::size_t>(i)]);
      if (c < means.counts().size() && means.counts()[c] > 0) {
        const auto mean = means.means().narrow(0, static_cast<std::int64_t>(c), 1);
        weights[i].copy_(clh::normalize_rows(mean)[0] * head_.mean_length());
      }
    }
    return weights;
  }

  /// Cosines [B, seen] times the scale -> [B, C]; the lowest float for classes not seen.
  at::Tensor outputs_of(const at::Tensor& cosines) const {
    const auto all = at::full({cosines.size(0), net().info().outputs},
                              std::numeric_limits<float>::lowest(), cosines.options());
    return all.index_copy(1, at::tensor(seen_, at::kLong), cosines * head_.scale());
  }

  /// Cross-entropy, and the margin ranking of samples of old classes. cosines [B, seen], labels
  /// [B].
  at::Tensor loss(const at::Tensor& cosines, const at::Tensor& labels) const {
    auto value = criterion(outputs_of(cosines), labels);
    const auto fresh = head_.size() - old_;
    if (old_ == 0 || fresh == 0 || options_.lambda_mr == 0) {
      return value;
    }
    auto place = at::zeros({net().info().outputs}, at::kLong);  // of an output in seen_
    place.index_copy_(0, at::tensor(seen_, at::kLong), at::arange(head_.size()));
    const auto own = place.index_select(0, labels);
    const auto rows = own.lt(old_).nonzero().squeeze(1);
    if (rows.size(0) == 0) {
      return value;
    }
    const auto replayed = cosines.index_select(0, rows);
    const auto rival =
        std::get<0>(replayed.narrow(1, old_, fresh).topk(std::min(options_.k, fresh), 1));
    const auto right = replayed.gather(1, own.index_select(0, rows).unsqueeze(1));
    return value + (rival - right + options_.margin).relu().mean() * options_.lambda_mr;
  }

  /// Herds on features at length 1; old classes keep the best.
  void choose_exemplars(const clh::Task& task) {
    std::vector<at::Tensor> units, labels;
    clh::for_each_batch(*this, task, kPiece, [&](const clh::TaskSamples& read) {
      units.push_back(clh::normalize_rows(clh::eval_features(net(), read.inputs)));
      labels.push_back(read.labels);
    });
    const auto quota = options_.buffer_size / std::max<std::int64_t>(head_.size(), 1);
    exemplars_.truncate(quota);
    if (units.empty()) {
      return;
    }
    const auto all_units = at::cat(units), all_labels = at::cat(labels);
    for (const auto c : task.classes()) {
      const auto places = all_labels.eq(c).nonzero().squeeze(1);
      if (exemplars_.count(c) > 0 || places.size(0) == 0) {
        continue;
      }
      auto chosen = clh::herd(all_units.index_select(0, places), quota);
      for (auto& place : chosen) {
        place = places[place].item<std::int64_t>();
      }
      exemplars_.add(c, task.read(chosen).raw);
    }
  }

  /// Steps on the memory, with equal parts of all classes, on the weights of the head alone.
  void fine_tune() {
    const auto memory = exemplars_.all();
    const auto size = memory.labels.size(0);
    auto random = rng("method");
    head_.wake();
    for (std::int64_t epoch = 0; epoch < options_.ft_epochs; ++epoch) {
      const double rate = options_.ft_lr * (2 * epoch < options_.ft_epochs ? 1 : 0.1);
      const auto order = at::tensor(random.permutation(size), at::kLong);
      for (std::int64_t first = 0; first < size; first += batch_size_) {
        check_stop();
        const auto rows = order.narrow(0, first, std::min(batch_size_, size - first));
        const auto inputs = augment(memory.raw.index_select(0, rows));
        const auto units = clh::normalize_rows(clh::eval_features(net(), inputs));
        optimizer().zero_grad();
        loss(head_.cosines(units), memory.labels.index_select(0, rows)).backward();
        head_.descend(rate);
      }
    }
    optimizer().zero_grad();
    head_.rest_but_last();
  }

  Options options_;
  CosineHead head_;
  std::vector<std::int64_t> seen_;  // outputs in the order of the head's rows
  std::int64_t old_ = 0;            // of them before the present task
  std::int64_t batch_size_ = 1;     // the stream's, as far as seen
  clh::ClassExemplars exemplars_;
  clh::Network teacher_;
};

}  // namespace

CLH_PLUGIN(clh::model<Lucir>("lucir", "Unified classifier by rebalancing"));
