// Gdumb: greedily keeps a class-balanced memory and learns nothing from the stream; a fresh network
// is trained on the memory alone.
// Prabhu, Torr, Dokania, "GDumb: A Simple Approach that Questions Our Progress in Continual
// Learning", ECCV 2020, Algorithms 1 and 2.
// Differs from the paper: momentum and weight decay are the optimizer's (the paper's are
// optimizer.momentum=0.9 optimizer.weight-decay=1e-6), the learning rate is not; every training
// starts from parameters of its own. Without task boundaries the network is trained when
// predictions are due and the memory has changed.
#include <clh/memory/class_balanced_buffer.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/replay_options.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace {

enum class Retrain { kEachTask, kFinal };
enum class Cutmix { kAuto, kOn, kOff };

class Gdumb final : public clh::Model {
 public:
  static constexpr const char* kCite = "Prabhu et al. 2020, doi:10.1007/978-3-030-58536-5_31";
  struct Options {
    clh::Formula formula = clh::Formula::kPaper;
    std::int64_t buffer_size = 500;
    std::int64_t epochs = 256;
    std::int64_t batch_size = 16;
    double max_lr = 0.05;
    double min_lr = 5e-4;
    Cutmix cutmix = Cutmix::kAuto;
    Retrain retrain = Retrain::kEachTask;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "samples kept in memory, as many of each class")
          .min(1)
          .at_least(clh::kClasses);
      option("formula", formula,
             "reference-code: memory takes a sample anew in every epoch, as published code does")
          .choices({"paper", "reference-code"});
      option("epochs", epochs, "passes over the memory in a training").min(1);
      option("batch-size", batch_size, "samples in a step of the training").min(1);
      option("max-lr", max_lr, "learning rate after each restart").above(0);
      option("min-lr", min_lr, "learning rate that the cosine falls to").above(0);
      option("cutmix", cutmix,
             "paste patches of other samples in every other step; auto: into "
             "pictures with 3 channels")
          .choices({"auto", "on", "off"});
      option("retrain", retrain, "train after each task, or after the last one alone")
          .choices({"each-task", "final"});
    }
  };

  Gdumb(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        memory_(
            {options.buffer_size,
             options.formula == clh::Formula::kPaper ? clh::Offers::kOnce : clh::Offers::kEveryTime,
             rng("buffer.insert"), rng("buffer.sample")}) {
    clh::require_one_of_each(options_.buffer_size, net().info().outputs);
    if (options_.min_lr > options_.max_lr) {
      throw clh::UsageError("[model] min-lr: expected at most max-lr, " +
                            std::to_string(options_.max_lr) + ", found " +
                            std::to_string(options_.min_lr));
    }
    if (options_.retrain == Retrain::kFinal && scenario() == clh::Scenario::kTaskFree) {
      throw clh::UsageError(
          "[model] retrain: expected each-task in a stream without boundaries, found final");
    }
  }

  void begin_task(const clh::Task& task) override {
    clh::require_one_of_each(options_.buffer_size, task.outputs());
  }

  /// Returns: the loss of the network as it was last trained.
  double observe(const clh::Batch& batch) override {
    changed_ = memory_.add(batch) > 0 || changed_;
    const at::NoGradGuard measure_only;
    return criterion(net().forward(batch.inputs), batch.labels).item<double>();
  }

  void end_task(const clh::Task& task) override {
    if (options_.retrain == Retrain::kEachTask || task.index() + 1 == task.count()) {
      train();
    }
  }

  void set_training(bool on) override {
    if (!on && changed_ && scenario() == clh::Scenario::kTaskFree) {
      const at::AutoGradMode with_gradients(true);
      net().set_training(true);
      train();
      net().set_training(false);
    }
  }

  void state(clh::Archive& archive) override {
    archive("memory", memory_)("changed", changed_)("trainings", trainings_);
  }

 private:
  /// A tenth of the maximum in epoch 0, then cosines of 1, 2, 4, ... epochs from it to the minimum.
  double rate_in(std::int64_t epoch) const {
    if (epoch == 0) {
      return 0.1 * options_.max_lr;
    }
    std::int64_t place = epoch - 1, length = 1;
    for (; place >= length; length *= 2) {
      place -= length;
    }
    const double turn = M_PI * static_cast<double>(place) / static_cast<double>(length);
    return options_.min_lr + (options_.max_lr - options_.min_lr) * (1 + std::cos(turn)) / 2;
  }

  void train() {
    net().assign(net().fresh(trainings_++));
    optimizer().reset();
    const auto rate = optimizer().rate();
    auto random = rng("method");
    for (std::int64_t epoch = 0; epoch < options_.epochs; ++epoch) {
      check_stop();
      optimizer().set_rate(rate_in(epoch));
      const auto order = random.permutation(memory_.size());
      for (std::int64_t begin = 0; begin < memory_.size(); begin += options_.batch_size) {
        const auto end = std::min(begin + options_.batch_size, memory_.size());
        const auto batch = memory_.select({order.begin() + begin, order.begin() + end});
        optimizer().zero_grad();
        loss(augment(batch.raw), batch.labels, random).backward();
        optimizer().step();
      }
    }
    optimizer().set_rate(rate);
    optimizer().reset();
    optimizer().zero_grad();
    changed_ = false;
  }

  at::Tensor loss(const at::Tensor& x, const at::Tensor& y, clh::Rng& random) const {
    const bool picture = x.dim() == 4;
    const bool mixes = options_.cutmix == Cutmix::kOn ||
                       (options_.cutmix == Cutmix::kAuto && picture && x.size(1) == 3);
    if (mixes && !picture) {
      throw clh::UsageError("[model] cutmix: expected samples [C, H, W] beside on, found others");
    }
    if (!mixes || random.uniform() < 0.5) {
      return criterion(net().forward(x), y);
    }
    return cut_and_mixed(x, y, random);
  }

  /// Yun et al., "CutMix", arXiv:1905.04899, with alpha = 1. x [B, C, H, W], y [B].
  at::Tensor cut_and_mixed(const at::Tensor& x, const at::Tensor& y, clh::Rng& random) const {
    const auto other = at::tensor(random.permutation(x.size(0)), at::kLong);
    const auto side = std::sqrt(1 - random.uniform());
    const auto cut = [&](std::int64_t extent) {  // {first, size} of a patch around a random centre
      const auto half = static_cast<std::int64_t>(side * static_cast<double>(extent)) / 2;
      const auto centre = random.below(extent);
      const auto first = std::max<std::int64_t>(centre - half, 0);
      return std::pair{first, std::min(centre + half, extent) - first};
    };
    const auto [top, height] = cut(x.size(2));
    const auto [left, width] = cut(x.size(3));
    auto mixed = x.clone();
    mixed.narrow(2, top, height)
        .narrow(3, left, width)
        .copy_(x.index_select(0, other).narrow(2, top, height).narrow(3, left, width));
    const auto pasted =
        static_cast<double>(height * width) / static_cast<double>(x.size(2) * x.size(3));
    const auto outputs = net().forward(mixed);
    return criterion(outputs, y) * (1 - pasted) +
           criterion(outputs, y.index_select(0, other)) * pasted;
  }

  Options options_;
  clh::ClassBalancedBuffer memory_;
  bool changed_ = false;        // since the last training
  std::int64_t trainings_ = 0;  // so far: each starts from other parameters
};

}  // namespace

CLH_PLUGIN(clh::model<Gdumb>("gdumb", "Greedy sampler and dumb learner"));
