// ReplayMemory: what a replay model keeps, under the policy that the user chose.
#pragma once
#include <clh/memory/class_balanced_buffer.hpp>
#include <clh/memory/class_ring_buffer.hpp>
#include <clh/memory/feature_selected_buffer.hpp>
#include <clh/memory/fifo_buffer.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/replay_options.hpp>
#include <clh/memory/reservoir_buffer.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class ReplayMemory {
 public:
  /// Draws from the model's streams `buffer.insert` and `buffer.sample`.
  /// Errors: UsageError for a policy that treats classes alike and less than one sample for each,
  ///         and for one that waits for a task's end in a task-free stream.
  ReplayMemory(const Model& model, const ReplayOptions& options)
      : model_(&model), minibatch_(options.minibatch) {
    if (options.policy != Policy::kReservoir && options.policy != Policy::kFifo) {
      require_one_of_each(options.buffer_size, model.net().info().outputs);
    }
    const bool waits = options.policy == Policy::kHerding ||
                       options.policy == Policy::kClosestToCenter;
    if (waits && model.scenario() == Scenario::kTaskFree) {
      throw UsageError(
          "[model] policy: expected reservoir, class-balanced, ring or fifo in a task-free stream, "
          "found one that chooses at a task's end");
    }
    buffer_ = make(options.policy,
                   {options.buffer_size,
                    options.formula == Formula::kPaper ? Offers::kOnce : Offers::kEveryTime,
                    model.rng("buffer.insert"), model.rng("buffer.sample")});
  }

  bool empty() const { return buffer_->empty(); }
  std::int64_t size() const { return buffer_->size(); }

  /// The draw that goes with a batch: `minibatch` samples, or as many as the batch has.
  /// Returns: at most what is held; [0, ...] while nothing is.
  Exemplars draw(const Batch& batch) {
    if (empty()) {
      return {batch.raw.narrow(0, 0, 0), batch.labels.narrow(0, 0, 0), {}};
    }
    return buffer_->sample(draw_size(batch));
  }
  /// How many samples go with a batch.
  std::int64_t draw_size(const Batch& batch) const {
    return minibatch_ > 0 ? minibatch_ : batch.size();
  }
  /// See ReplayBuffer.
  Exemplars sample(std::int64_t count) { return buffer_->sample(count); }
  Exemplars all() const { return buffer_->all(); }

  /// Offers a batch after its step, with what the model stores beside its samples.
  void add(const Batch& batch, const std::vector<at::Tensor>& extra = {}) {
    buffer_->add(batch, extra);
  }
  /// Offers the finished task, of which the network knows the features by now. Inputs: `extra` gives
  /// what the model stores beside samples; null = nothing.
  void end_task(const Task& task, ReplayBuffer::ExtraOf extra = nullptr) {
    buffer_->end_task(*model_, task, extra);
  }

  void state(Archive& archive) { buffer_->state(archive); }

 private:
  static std::unique_ptr<ReplayBuffer> make(Policy policy, BufferSettings settings) {
    using Choice = FeatureSelectedBuffer::Choice;
    switch (policy) {
      case Policy::kClassBalanced:
        return std::make_unique<ClassBalancedBuffer>(std::move(settings));
      case Policy::kRing:
        return std::make_unique<ClassRingBuffer>(std::move(settings));
      case Policy::kHerding:
        return std::make_unique<FeatureSelectedBuffer>(Choice::kHerding, std::move(settings));
      case Policy::kClosestToCenter:
        return std::make_unique<FeatureSelectedBuffer>(Choice::kClosestToCenter,
                                                       std::move(settings));
      case Policy::kFifo:
        return std::make_unique<FifoBuffer>(std::move(settings));
      default:
        return std::make_unique<ReservoirBuffer>(std::move(settings));
    }
  }

  const Model* model_;
  std::int64_t minibatch_;
  std::unique_ptr<ReplayBuffer> buffer_;
};

}  // namespace clh
