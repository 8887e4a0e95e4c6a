// ClassRingBuffer: a bounded memory of the last samples of each class.
#pragma once
#include <clh/distinct_draw.hpp>
#include <clh/tensor.hpp>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// As many first-in-first-out buffers of one size as there are classes. The size is capacity over
/// the classes seen so far, so that memory is used while classes are still to come; when one comes,
/// the oldest samples of the others leave.
/// Source: Chaudhry et al. 2019, arXiv:1902.10486, section 4, "ring buffer". Differs from it: there
/// the number of classes is known from the start.
class ClassRingBuffer {
 public:
  struct Draw {
    at::Tensor raw, labels;  // [n, ...], [n]
  };

  /// Inputs: capacity >= 1; `sample` decides what is replayed. What stays is not random: the first
  /// stream is there because every buffer is made alike.
  ClassRingBuffer(std::int64_t capacity, const WordStream&, WordStream sample)
      : capacity_(capacity), sample_(std::move(sample)) {}

  bool empty() const { return size() == 0; }
  std::int64_t capacity() const { return capacity_; }
  std::int64_t size() const {
    std::int64_t sum = 0;
    for (const auto& [label, slots] : slots_) {
      sum += static_cast<std::int64_t>(slots.size());
    }
    return sum;
  }
  /// Samples held of a class.
  std::int64_t count(std::int64_t label) const {
    const auto found = slots_.find(label);
    return found == slots_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
  }

  /// Offers a batch, item by item in its order.
  /// Inputs:  raw [B, ...], labels [B].
  /// Errors:  UsageError for rows unlike those held, and for more classes than the capacity.
  /// Owner:   rows are copied.
  void add(const at::Tensor& raw, const at::Tensor& labels) {
    if (!raw_.defined()) {
      auto sizes = raw.sizes().vec();
      sizes[0] = capacity_;
      raw_ = at::zeros(sizes, raw.options());
      for (auto slot = capacity_; slot-- > 0;) {
        free_.push_back(slot);
      }
    }
    if (raw.sizes().slice(1) != raw_.sizes().slice(1) || raw.scalar_type() != raw_.scalar_type()) {
      throw UsageError("[buffer] expected rows like those already held, found another size or type");
    }
    const auto on_host = labels.cpu().contiguous();
    for (std::int64_t row = 0; row < on_host.size(0); ++row) {
      raw_.select(0, slot_for(on_host.data_ptr<std::int64_t>()[row])).copy_(raw.select(0, row));
    }
  }

  /// Draws `count` rows uniformly without replacement.
  /// Inputs:  count >= 1, clamped to size().
  /// Errors:  UsageError if empty().
  /// Owner:   copies.
  Draw sample(std::int64_t count) {
    if (empty()) {
      throw UsageError("[buffer] expected at least one sample to draw from, found none");
    }
    std::vector<std::int64_t> rows, labels;
    for (const auto& [label, slots] : slots_) {
      rows.insert(rows.end(), slots.begin(), slots.end());
      labels.insert(labels.end(), slots.size(), label);
    }
    const auto drawn =
        at::tensor(draw_distinct(sample_, static_cast<std::int64_t>(rows.size()), count), at::kLong);
    return {raw_.index_select(0, at::tensor(rows, at::kLong).index_select(0, drawn).to(raw_.device())),
            at::tensor(labels, at::kLong).index_select(0, drawn)};
  }

  /// Errors: StatusError with CLH_E_STATE unless every class has its count of rows.
  void state(Archive& archive) {
    std::vector<std::int64_t> labels, counts, rows;
    for (const auto& [label, slots] : slots_) {
      labels.push_back(label);
      counts.push_back(static_cast<std::int64_t>(slots.size()));
      rows.insert(rows.end(), slots.begin(), slots.end());
    }
    archive("raw", raw_)("labels", labels)("counts", counts)("rows", rows)("free", free_);
    if (archive.loading()) {
      slots_.clear();
      auto row = rows.begin();
      bool fits = labels.size() == counts.size();
      for (std::size_t i = 0; fits && i < labels.size(); ++i) {
        fits = counts[i] >= 0 && counts[i] <= rows.end() - row;
        const auto end = row + (fits ? counts[i] : 0);
        slots_[labels[i]].assign(row, end);
        row = end;
      }
      if (!fits || row != rows.end()) {
        throw StatusError(CLH_E_STATE, "buffer: expected a count of rows for each class, found others");
      }
    }
  }

 private:
  /// The slot that a sample of this class takes, as the youngest of its ring.
  std::int64_t slot_for(std::int64_t label) {
    auto& ring = slots_[label];  // a new class makes the quota smaller
    const auto quota = std::max<std::int64_t>(
        1, capacity_ / static_cast<std::int64_t>(slots_.size()));
    for (auto& [other, slots] : slots_) {
      while (static_cast<std::int64_t>(slots.size()) > quota) {
        release_oldest(slots);
      }
    }
    if (static_cast<std::int64_t>(ring.size()) == quota) {
      release_oldest(ring);
    }
    if (free_.empty()) {
      throw UsageError("[buffer] expected a capacity of at least one sample for each class, found " +
                       std::to_string(capacity_) + " for " + std::to_string(slots_.size()));
    }
    ring.push_back(free_.back());
    free_.pop_back();
    return ring.back();
  }
  void release_oldest(std::vector<std::int64_t>& slots) {
    free_.push_back(slots.front());
    slots.erase(slots.begin());
  }

  std::int64_t capacity_;
  WordStream sample_;
  at::Tensor raw_;                                      // [capacity, ...]
  std::map<std::int64_t, std::vector<std::int64_t>> slots_;  // of each class, the oldest first
  std::vector<std::int64_t> free_;
};

}  // namespace clh
