// TaskMemory: exemplars kept apart by task, each task's part with a quota of its own.
#pragma once
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/offered_samples.hpp>
#include <clh/memory/sample_store.hpp>
#include <clh/model.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// open() begins a task's part, add() fills it and, once its quota is reached, goes round in it, so
/// that a part holds the last samples of its task.
class TaskMemory {
 public:
  /// Inputs: `sample` decides what is replayed.
  explicit TaskMemory(RandomStream sample) : sample_(std::move(sample)) {}

  bool empty() const { return size() == 0; }
  /// Samples held, over all parts.
  std::int64_t size() const { return begin(parts()); }
  /// Tasks whose part was opened.
  std::int64_t parts() const { return static_cast<std::int64_t>(held_.size()); }

  /// Begins the next task's part. Inputs: quota >= 1, the most samples it will hold.
  void open(std::int64_t quota) {
    held_.push_back(0);
    quota_ = quota;
    offered_ = 0;
    known_ = {};
  }

  /// Puts samples into the part opened last, in their order.
  /// Inputs:  raw [n, ...], labels [n], extra columns [n, ...].
  /// Errors:  UsageError for rows unlike those held.
  /// Owner:   rows are copied.
  void add(const at::Tensor& raw, const at::Tensor& labels,
           const std::vector<at::Tensor>& extra = {}) {
    const auto rows = store_.rows_of(raw, labels, extra);
    for (std::int64_t row = 0; row < labels.size(0); ++row) {
      put(rows, row);
    }
  }
  /// Puts a batch into it, but for samples that another epoch brings again.
  void add(const Batch& batch) {
    const auto rows = store_.rows_of(batch.raw, batch.labels);
    const auto ids = batch.ids.contiguous();
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      if (known_.add(ids.data_ptr<std::int64_t>()[row])) {
        put(rows, row);
      }
    }
  }

  /// Keeps the first `quota` rows of every part. Inputs: quota >= 1.
  void truncate(std::int64_t quota) {
    std::vector<std::int64_t> rows;
    for (std::int64_t part = 0; part < parts(); ++part) {
      const auto count = std::min(quota, held_[static_cast<std::size_t>(part)]);
      for (std::int64_t i = 0; i < count; ++i) {
        rows.push_back(begin(part) + i);
      }
    }
    store_.keep(rows);
    for (auto& count : held_) {
      count = std::min(quota, count);
    }
    quota_ = std::min(quota, quota_);
    offered_ = std::min(quota, offered_);
  }

  /// Draws `count` rows over all parts, uniformly without replacement.
  /// Inputs:  count >= 1, clamped to size().
  /// Errors:  UsageError if empty().
  /// Owner:   copies.
  Exemplars sample(std::int64_t count) {
    if (empty()) {
      throw UsageError("[buffer] expected at least one sample to draw from, found none");
    }
    return store_.select(draw_distinct(sample_, size(), count));
  }

  /// One task's part in the order in which it was filled, or everything.
  /// Inputs:  0 <= index < parts(); something was added.
  /// Owner:   views of the memory.
  Exemplars part(std::int64_t index) const {
    return store_.range(begin(index), held_[static_cast<std::size_t>(index)]);
  }
  Exemplars all() const { return store_.all(); }

  /// Errors: StatusError with CLH_E_STATE unless the parts' rows are those that are held.
  void state(Archive& archive) {
    archive("held", held_)("quota", quota_)("offered", offered_);
    archive("known", known_)("samples", store_);
    if (archive.loading() && !is_whole()) {
      throw StatusError(CLH_E_STATE, "memory: expected the rows of its parts, found others");
    }
  }

 private:
  /// Whether the parts are the rows that are held.
  bool is_whole() const {
    const auto rows = store_.size();
    const auto lies_within = [rows](std::int64_t count) { return count >= 0 && count <= rows; };
    return std::all_of(held_.begin(), held_.end(), lies_within) && size() == rows && quota_ >= 1 &&
           offered_ >= 0 && (held_.empty() || held_.back() == std::min(quota_, offered_));
  }

  /// First row of a part; of one behind the last, the number of rows.
  std::int64_t begin(std::int64_t part) const {
    return std::accumulate(held_.begin(), held_.begin() + part, std::int64_t{0});
  }

  void put(const SampleStore::Rows& rows, std::int64_t row) {
    store_.put(begin(parts() - 1) + offered_ % quota_, rows, row);
    held_.back() = std::min(quota_, ++offered_);
  }

  RandomStream sample_;
  std::vector<std::int64_t> held_;  // rows of each part; parts lie one behind the other
  std::int64_t quota_ = 1, offered_ = 0;  // of the part opened last
  OfferedSamples known_;                  // to it
  SampleStore store_;
};

}  // namespace clh
