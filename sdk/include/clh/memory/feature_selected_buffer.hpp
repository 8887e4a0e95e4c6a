// FeatureSelectedBuffer: a bounded memory of samples that the features of the finished task chose.
#pragma once
#include <clh/losses/normalize_rows.hpp>
#include <clh/memory/herding.hpp>
#include <clh/memory/replay_buffer.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/networks/for_each_batch.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// floor(capacity / classes so far) samples of each class, chosen at the end of the task that brings
/// it, with features of length 1 in eval mode; nothing is taken from a batch.
class FeatureSelectedBuffer final : public ReplayBuffer {
 public:
  /// kHerding: class means kept, Rebuffi et al. 2017, arXiv:1611.07725, Algorithm 4.
  /// kClosestToCenter: the nearest to the class mean.
  enum class Choice { kHerding, kClosestToCenter };

  FeatureSelectedBuffer(Choice choice, BufferSettings settings)
      : ReplayBuffer(std::move(settings)), choice_(choice) {}

  /// Errors: UsageError for more classes than the capacity.
  void end_task(const Model& model, const Task& task, ExtraOf extra) override {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> features, labels;
    model.net().set_training(false);
    for_each_batch(model, task, kPiece, [&](const TaskSamples& samples) {
      features.push_back(normalize_rows(model.net().features(samples.inputs)));
      labels.push_back(samples.labels);
    });
    if (!features.empty()) {
      choose(model, task, at::cat(features), at::cat(labels), extra);
    }
    model.net().set_training(true);
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  std::int64_t slot_for(std::int64_t) override { return -1; }

  void choose(const Model& model, const Task& task, const at::Tensor& features,
              const at::Tensor& labels, ExtraOf extra) {
    std::map<std::int64_t, std::vector<std::int64_t>> held;  // slots of each class, best first
    for (std::int64_t slot = 0; slot < size(); ++slot) {
      held[store().label(slot)].push_back(slot);
    }
    for (const auto c : task.classes()) {
      held[c];
    }
    const auto classes = static_cast<std::int64_t>(held.size());
    require_one_of_each(capacity(), classes);
    const auto quota = capacity() / classes;
    std::vector<std::int64_t> kept;
    for (auto& [label, slots] : held) {
      slots.resize(std::min(slots.size(), static_cast<std::size_t>(quota)));
      kept.insert(kept.end(), slots.begin(), slots.end());
    }
    if (!empty()) {
      keep(kept);
    }
    for (const auto c : task.classes()) {
      const auto own = labels.eq(c).nonzero().squeeze(1);
      const auto order = best(features.index_select(0, own),
                              quota - static_cast<std::int64_t>(held[c].size()));
      if (!order.empty()) {
        const auto positions = own.index_select(0, at::tensor(order, at::kLong));
        const auto* first = positions.data_ptr<std::int64_t>();
        const auto samples = task.read({first, first + positions.numel()});
        append(samples.raw, samples.labels,
               extra != nullptr ? extra(model, samples) : std::vector<at::Tensor>{});
      }
    }
  }

  /// Rows of unit features [n, F] in the order of choice, at most `count`.
  std::vector<std::int64_t> best(const at::Tensor& features, std::int64_t count) const {
    count = std::min(std::max<std::int64_t>(count, 0), features.size(0));
    if (count == 0) {
      return {};
    }
    if (choice_ == Choice::kHerding) {
      return herd(features, count);
    }
    const auto distance = (features - features.mean(0)).square().sum(1);
    const auto order = distance.argsort(/*stable=*/true, 0, /*descending=*/false);
    const auto* first = order.data_ptr<std::int64_t>();
    return {first, first + count};
  }

  Choice choice_;
};

}  // namespace clh
