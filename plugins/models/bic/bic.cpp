// Bic: replay with distillation, after which two numbers, fitted to samples that were not trained
// on, undo the preference of the last layer for new classes.
// Wu et al., "Large Scale Incremental Learning", arXiv:1905.13260, both stages.
// The teacher is the network as it was, with its own correction. Each class keeps an equal part of
// the memory, `val-split` of it for validation: the first samples of a class that come along are
// set aside and never trained on.
// Differs from the paper: the correction is fitted by full-batch gradient descent on outputs that
// are computed once, of which the best point counts; exemplars are drawn uniformly; the first task
// sets samples aside too.
#include <clh/memory/class_exemplars.hpp>
#include <clh/memory/seen_classes.hpp>
#include <clh/model.hpp>
#include <clh/networks/task_labels.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "bias_correction.hpp"

namespace {

class Bic final : public clh::Model {
 public:
  static constexpr const char* kCite = "Wu et al. 2019, arXiv:1905.13260";
  struct Options {
    std::int64_t buffer_size = 500;
    double val_split = 0.1;
    double temperature = 2;
    bool temperature_squared = false;
    double bias_lr = 0.1;
    std::int64_t bias_epochs = 200;
    double bias_decay = 0.1;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each class")
          .min(1)
          .at_least(2 * clh::kClasses);
      option("val-split", val_split, "share of a class's exemplars that serves validation alone")
          .above(0)
          .below(1);
      option("temperature", temperature, "of both softmaxes in the distillation").above(0);
      option("temperature-squared", temperature_squared,
             "multiply the distillation by the temperature squared");
      option("bias-lr", bias_lr, "learning rate of the correction; a tenth after each quarter")
          .above(0);
      option("bias-epochs", bias_epochs, "steps of the correction; 0 = none").min(0);
      option("bias-decay", bias_decay, "weight of beta^2 / 2 in the loss of the correction").min(0);
    }
  };

  Bic(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {
    require_two_of_each(net().info().outputs);
  }

  void begin_task(const clh::Task& task) override {
    require_two_of_each(task.outputs());
    present_ = task.classes();
    fresh_ = seen_.begin_task(present_);
    if (!seen_.before().empty()) {
      teacher_ = net().frozen_copy();
      teacher_correction_ = correction_;
    }
    correction_ = {};
    set_aside_ids_.clear();
    set_aside_at_most(task);
    exemplars_.append_to(task);
  }

  double observe(const clh::Batch& batch) override {
    const auto kept = set_aside(batch);
    if (kept.size(0) == 0) {
      const at::NoGradGuard measure_only;
      return loss(batch.inputs, batch.labels).item<double>();
    }
    const bool whole = kept.size(0) == batch.size();
    return learn(loss(whole ? batch.inputs : batch.inputs.index_select(0, kept),
                      whole ? batch.labels : batch.labels.index_select(0, kept)));
  }

  void end_task(const clh::Task& task) override {
    if (!seen_.before().empty() && !fresh_.empty()) {
      correct();
    }
    const auto validating = validation_part(seen_.count());
    validation_.truncate(validating);
    choose_exemplars(task, part(seen_.count()) - validating);
  }

  at::Tensor predict(const clh::Query& query) override {
    return correction_.apply(net().forward(query.inputs));
  }

  void state(clh::Archive& archive) override {
    archive("seen", seen_)("fresh", fresh_)("present", present_);
    archive("wanted", wanted_)("set-aside-ids", set_aside_ids_);
    archive("exemplars", exemplars_)("validation", validation_);
    archive("correction", correction_)("teacher-correction", teacher_correction_);
    archive_network(archive, "teacher", teacher_);
  }

 private:
  static bool contains(const std::vector<std::int64_t>& list, std::int64_t value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  }

  void require_two_of_each(std::int64_t classes) const {
    if (options_.buffer_size < 2 * classes) {
      throw clh::UsageError(
          "[model] buffer-size: expected at least two exemplars, one of them for validation, for "
          "each of " +
          std::to_string(classes) + " classes, found " + std::to_string(options_.buffer_size));
    }
  }

  /// Exemplars of each of so many classes, and those of them for validation.
  std::int64_t part(std::int64_t classes) const {
    return options_.buffer_size / std::max<std::int64_t>(classes, 1);
  }
  std::int64_t validation_part(std::int64_t classes) const {
    const auto share = options_.val_split * static_cast<double>(part(classes));
    return std::max<std::int64_t>(std::min(static_cast<std::int64_t>(share), part(classes) - 1), 1);
  }

  /// How many samples of each class serve validation: its part of the memory, but never more than
  /// `val-split` of what there is to train on.
  void set_aside_at_most(const clh::Task& task) {
    const auto part = validation_part(
        seen_.before().empty() ? seen_.count() : static_cast<std::int64_t>(seen_.before().size()));
    const auto labels = clh::task_labels(*this, task);
    wanted_.clear();
    for (const auto c : present_) {
      const auto samples = static_cast<double>(labels.eq(c).sum().item<std::int64_t>());
      wanted_.push_back(std::min(part, static_cast<std::int64_t>(options_.val_split * samples)));
    }
  }
  std::int64_t wanted(std::int64_t output) const {
    const auto place = std::find(present_.begin(), present_.end(), output) - present_.begin();
    return place < static_cast<std::ptrdiff_t>(wanted_.size())
               ? wanted_[static_cast<std::size_t>(place)]
               : 0;
  }

  /// Takes the first samples of each of the task's classes out of the batch, in every epoch the
  /// same. Returns: the rows that remain.
  at::Tensor set_aside(const clh::Batch& batch) {
    std::vector<std::int64_t> kept;
    const auto labels = batch.labels.to(at::kCPU).contiguous();
    const auto ids = batch.ids.to(at::kCPU).contiguous();
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      const auto label = labels.data_ptr<std::int64_t>()[row];
      const auto id = ids.data_ptr<std::int64_t>()[row];
      if (batch.epoch > 0) {
        if (id < 0 || !contains(set_aside_ids_, id)) {
          kept.push_back(row);
        }
      } else if (validation_.count(label) < wanted(label)) {
        validation_.add(label, batch.raw.narrow(0, row, 1));
        set_aside_ids_.push_back(id);
      } else {
        kept.push_back(row);
      }
    }
    return at::tensor(kept, at::kLong);
  }

  /// (1 - lambda) cross-entropy + lambda distillation, lambda the share of old classes; the softmax
  /// of the first covers the classes seen so far.
  at::Tensor loss(const at::Tensor& inputs, const at::Tensor& labels) const {
    const auto outputs = net().forward(inputs);
    auto unseen = at::full({outputs.size(1)}, -std::numeric_limits<float>::infinity());
    unseen.index_fill_(0, at::tensor(seen_.all(), at::kLong), 0);
    const auto entropy = criterion(outputs + unseen, labels);
    const auto& old = seen_.before();
    if (old.empty()) {
      return entropy;
    }
    const double lambda = static_cast<double>(old.size()) / static_cast<double>(seen_.count());
    return entropy * (1 - lambda) + distillation(inputs, outputs) * lambda;
  }

  at::Tensor distillation(const at::Tensor& inputs, const at::Tensor& outputs) const {
    const auto t = options_.temperature;
    const auto old = at::tensor(seen_.before(), at::kLong);
    const auto taught = teacher_correction_.apply(teacher_.forward(inputs)).index_select(1, old);
    const auto soft = (taught / t).softmax(1) * (outputs.index_select(1, old) / t).log_softmax(1);
    return soft.sum(1).mean() * (options_.temperature_squared ? -t * t : -1.0);
  }

  /// Fits the correction of this task's new classes, with as many samples of one class as of
  /// another.
  void correct() {
    auto count = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> classes;  // those without samples teach nothing
    for (const auto c : seen_.all()) {
      if (validation_.count(c) > 0) {
        classes.push_back(c);
        count = std::min(count, validation_.count(c));
      }
    }
    const bool any_fresh = std::any_of(fresh_.begin(), fresh_.end(),
                                       [this](std::int64_t c) { return validation_.count(c) > 0; });
    if (!any_fresh) {
      log(kWarning, "bic: no validation samples of the new classes, they stay uncorrected");
      return;
    }
    const at::NoGradGuard no_grad;
    const auto samples = validation_.first(count);
    net().set_training(false);
    const auto outputs = net().forward(normalize(samples.raw));
    net().set_training(true);
    correction_.outputs = fresh_;
    correction_.fit(outputs, samples.labels, classes,
                    {options_.bias_lr, options_.bias_epochs, options_.bias_decay});
  }

  /// Draws `count` exemplars of each new class among the samples that were trained on.
  void choose_exemplars(const clh::Task& task, std::int64_t count) {
    const auto labels = clh::task_labels(*this, task);
    auto random = rng("buffer.insert");
    for (const auto c : fresh_) {
      const auto places = labels.eq(c).nonzero().squeeze(1);
      auto order = random.permutation(places.size(0));
      order.resize(std::min(order.size(), static_cast<std::size_t>(count + validation_.count(c))));
      if (order.empty()) {
        continue;
      }
      for (auto& place : order) {
        place = places[place].item<std::int64_t>();
      }
      exemplars_.add(c, others(task.read(order).raw, c));
    }
    exemplars_.truncate(count);
  }

  /// The rows of raw [n, ...] that do not serve the validation of a class.
  at::Tensor others(const at::Tensor& raw, std::int64_t output) const {
    if (validation_.count(output) == 0) {
      return raw;
    }
    std::vector<std::int64_t> rows;
    const auto& validating = validation_.of(output);
    for (std::int64_t row = 0; row < raw.size(0); ++row) {
      const auto same = validating.eq(raw[row]).flatten(1).all(1).any();
      if (!same.item<bool>()) {
        rows.push_back(row);
      }
    }
    return raw.index_select(0, at::tensor(rows, at::kLong));
  }

  Options options_;
  clh::SeenClasses seen_;
  std::vector<std::int64_t> fresh_, present_;  // outputs new with the present task; all of it
  std::vector<std::int64_t> wanted_;           // samples to set aside of each of present_
  std::vector<std::int64_t> set_aside_ids_;    // sample numbers within it
  clh::ClassExemplars exemplars_, validation_;
  BiasCorrection correction_, teacher_correction_;
  clh::Network teacher_;
};

}  // namespace

CLH_PLUGIN(clh::model<Bic>("bic", "Bias correction"));
