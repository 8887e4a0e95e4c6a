#include "exemplar_memory.hpp"

#include <clh/class_balanced_buffer.hpp>
#include <clh/class_exemplars.hpp>
#include <clh/class_ring_buffer.hpp>
#include <clh/distinct_draw.hpp>
#include <clh/herding.hpp>
#include <clh/replay_limits.hpp>
#include <clh/reservoir_buffer.hpp>
#include <clh/task_pass.hpp>
#include <clh/unit_rows.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace er {
namespace {

/// A buffer that takes every batch: ReservoirBuffer, ClassBalancedBuffer, ClassRingBuffer.
template <class Buffer>
class OnlineMemory final : public ExemplarMemory {
 public:
  OnlineMemory(std::int64_t capacity, clh::WordStream insert, clh::WordStream sample)
      : buffer_(capacity, std::move(insert), std::move(sample)) {}

  bool empty() const override { return buffer_.empty(); }
  Draw sample(std::int64_t count) override {
    const auto draw = buffer_.sample(count);
    return {draw.raw, draw.labels};
  }
  void add(const clh::Batch& batch) override { buffer_.add(batch.raw, batch.labels); }
  void state(clh::Archive& archive) override { buffer_.state(archive); }

 private:
  Buffer buffer_;
};

/// floor(capacity / classes so far) exemplars of each class, chosen by features at its task's end.
class FeatureMemory final : public ExemplarMemory {
 public:
  FeatureMemory(Policy policy, std::int64_t capacity, clh::WordStream sample)
      : policy_(policy), capacity_(capacity), sample_(std::move(sample)) {}

  bool empty() const override { return exemplars_.empty(); }

  Draw sample(std::int64_t count) override {
    if (!all_.raw.defined()) {
      all_ = exemplars_.all();
    }
    const auto index =
        at::tensor(clh::draw_distinct(sample_, all_.labels.size(0), count), at::kLong);
    return {all_.raw.index_select(0, index.to(all_.raw.device())),
            all_.labels.index_select(0, index)};
  }

  void end_task(const clh::HostServices& host, const clh::Network& net,
                const clh::Task& task) override {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> features, labels;
    net.set_training(false);
    clh::task_pass(host, task, kPiece, [&](const clh::Read& read) {
      features.push_back(clh::unit_rows(net.features(read.inputs)));
      labels.push_back(read.labels);
    });
    net.set_training(true);
    choose(task, at::cat(features), at::cat(labels));
  }

  void state(clh::Archive& archive) override {
    exemplars_.state(archive);
    all_ = {};
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  void choose(const clh::Task& task, const at::Tensor& features, const at::Tensor& labels) {
    auto classes = exemplars_.outputs();
    for (const auto c : task.classes()) {
      if (exemplars_.count(c) == 0) {
        classes.push_back(c);
      }
    }
    clh::require_one_of_each(capacity_, static_cast<std::int64_t>(classes.size()));
    const auto quota = capacity_ / static_cast<std::int64_t>(classes.size());
    exemplars_.truncate(quota);
    for (const auto c : task.classes()) {
      const auto own = labels.eq(c).nonzero().squeeze(1);
      const auto order = best(features.index_select(0, own), quota - exemplars_.count(c));
      const auto positions = own.index_select(0, at::tensor(order, at::kLong));
      const auto* first = positions.data_ptr<std::int64_t>();
      if (positions.numel() > 0) {
        exemplars_.add(c, task.read({first, first + positions.numel()}).raw);
      }
    }
    all_ = {};
  }

  /// Rows of unit features [n, F] in the order of choice, at most `count`.
  std::vector<std::int64_t> best(const at::Tensor& features, std::int64_t count) const {
    count = std::min(std::max<std::int64_t>(count, 0), features.size(0));
    if (policy_ == Policy::kHerding) {
      return clh::herd(features, count);
    }
    const auto distance = (features - features.mean(0)).square().sum(1);
    const auto order = distance.argsort(/*stable=*/true, 0, /*descending=*/false);
    const auto* first = order.data_ptr<std::int64_t>();
    return {first, first + count};
  }

  Policy policy_;
  std::int64_t capacity_;
  clh::WordStream sample_;
  clh::ClassExemplars exemplars_;
  clh::ClassExemplars::Samples all_;  // drawn from; made when needed
};

}  // namespace

std::unique_ptr<ExemplarMemory> make_memory(Policy policy, std::int64_t capacity,
                                            clh::Scenario scenario, std::int64_t classes,
                                            clh::WordStream insert, clh::WordStream sample) {
  if (policy != Policy::kReservoir) {
    clh::require_one_of_each(capacity, classes);
  }
  switch (policy) {
    case Policy::kReservoir:
      return std::make_unique<OnlineMemory<clh::ReservoirBuffer>>(capacity, std::move(insert),
                                                                  std::move(sample));
    case Policy::kClassBalanced:
      return std::make_unique<OnlineMemory<clh::ClassBalancedBuffer>>(capacity, std::move(insert),
                                                                      std::move(sample));
    case Policy::kRing:
      return std::make_unique<OnlineMemory<clh::ClassRingBuffer>>(capacity, std::move(insert),
                                                                  std::move(sample));
    default:
      if (scenario == clh::Scenario::kTaskFree) {
        throw clh::UsageError(
            "[model] policy: expected reservoir, class-balanced or ring in a task-free stream, "
            "found one that chooses at a task's end");
      }
      return std::make_unique<FeatureMemory>(policy, capacity, std::move(sample));
  }
}

}  // namespace er
