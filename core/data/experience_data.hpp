// ExperienceData: the training samples of the current experience, gathered by index from memory.
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <vector>

#include "core/data/sample_transform.hpp"
#include "core/data/split_data.hpp"
#include "core/stream/epoch_order.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// Copies the raw rows of one task's samples, through the task's pixel map.
/// Inputs:  index [n] into the split.
/// Returns: [n, ...plan.sample_shape] in the split's dtype.
at::Tensor gather_raw(const SplitData& split, const StreamPlan& plan, std::int32_t task,
                      const std::int64_t* index, std::int64_t n);

/// A batch before the model sees it.
struct GatheredBatch {
  at::Tensor inputs, raw, labels, ids;  // as clh_batch
};

class ExperienceData {
 public:
  /// Inputs: all borrowed for life.
  ExperienceData(const SplitData& train, const StreamPlan& plan, const SampleTransform& transform,
                 std::uint64_t run_seed, bool shuffle);

  /// Turns to an experience; what was appended to the last one is dropped.
  void begin(std::int64_t experience);
  /// Samples of the experience with what was appended.
  std::int64_t size() const;
  /// Fixes the order of an epoch.
  void begin_epoch(std::int64_t epoch);
  /// Gathers `n` samples of the epoch's order from `first` on, augmented.
  GatheredBatch batch(std::int64_t first, std::int64_t n) const;

  /// Samples by their place in the unshuffled experience. Errors: Error `plugin-error` outside it.
  GatheredBatch read(const std::int64_t* places, std::int64_t n, bool augmented) const;
  /// Merges samples in. Errors: Error `plugin-error` for another shape or dtype, or outside
  /// begin_task.
  void append(const at::Tensor& raw, const at::Tensor& labels);
  void allow_append(bool on) { may_append_ = on; }

  /// The C view for begin_task and end_task. Owner: this object.
  const clh_task_data* table();

  /// Which experience and epoch, and what was appended.
  void state(Archive& archive);

 private:
  /// A number that tells the sample from every other of the stream: its index, or, where a task
  /// transforms it, one of the task's own.
  std::int64_t sample_id(std::int32_t task, std::int64_t index) const;
  GatheredBatch gather(const EpochOrder& order, std::int64_t first, std::int64_t n,
                       bool augmented) const;

  const SplitData* train_;
  const StreamPlan* plan_;
  const SampleTransform* transform_;
  std::uint64_t run_seed_;
  bool shuffle_;
  bool may_append_ = false;
  std::int64_t experience_ = 0, epoch_ = 0;
  EpochOrder natural_, order_;
  at::Tensor appended_raw_, appended_labels_;
  clh_task_data table_{};
};

}  // namespace clh::core
