// ClassBalancedBuffer: a bounded memory with as many samples of one class as of another.
#pragma once
#include <clh/distinct_draw.hpp>
#include <clh/reservoir_buffer.hpp>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// The greedy sampler: a sample enters if its class is new or holds less than capacity / classes
/// seen; in a full memory a uniformly drawn sample of the largest class (the lowest label of several)
/// leaves for it. Source: Prabhu, Torr, Dokania, "GDumb", ECCV 2020, Algorithm 1.
class ClassBalancedBuffer {
 public:
  struct Draw {
    at::Tensor raw, labels;  // [n, ...], [n]
  };

  /// Inputs: capacity >= 1; `insert` decides who leaves, `sample` what is replayed.
  ClassBalancedBuffer(std::int64_t capacity, WordStream insert, WordStream sample)
      : capacity_(capacity), insert_(std::move(insert)), sample_(std::move(sample)) {}

  bool empty() const { return labels_.empty(); }
  std::int64_t capacity() const { return capacity_; }
  std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }
  /// Samples held of each class seen.
  const std::map<std::int64_t, std::int64_t>& counts() const { return counts_; }

  /// Offers a batch, item by item in its order. Returns: how many of it entered.
  /// Inputs: raw [B, ...], labels [B]. Owner: rows are copied.
  std::int64_t add(const at::Tensor& raw, const at::Tensor& labels) {
    if (!raw_.defined()) {
      auto sizes = raw.sizes().vec();
      sizes[0] = capacity_;
      raw_ = at::zeros(sizes, raw.options());
    }
    if (raw.sizes().slice(1) != raw_.sizes().slice(1) || raw.scalar_type() != raw_.scalar_type()) {
      throw UsageError("[buffer] expected rows like those already held, found another size or type");
    }
    std::int64_t entered = 0;
    const auto on_host = labels.cpu().contiguous();
    for (std::int64_t row = 0; row < on_host.size(0); ++row) {
      const auto slot = slot_for(on_host.data_ptr<std::int64_t>()[row]);
      if (slot >= 0) {
        raw_.select(0, slot).copy_(raw.select(0, row));
        ++entered;
      }
    }
    return entered;
  }

  /// Draws `count` rows uniformly without replacement.
  /// Inputs:  count >= 1, clamped to size().
  /// Errors:  UsageError if empty().
  /// Owner:   copies.
  Draw sample(std::int64_t count) {
    if (empty()) {
      throw UsageError("[buffer] expected at least one sample to draw from, found none");
    }
    return rows(draw_distinct(sample_, size(), count));
  }
  /// The rows of these slots. Owner: copies.
  Draw rows(const std::vector<std::int64_t>& slots) const {
    const auto index = at::tensor(slots, at::kLong);
    return {raw_.index_select(0, index.to(raw_.device())),
            at::tensor(labels_, at::kLong).index_select(0, index)};
  }

  void state(Archive& archive) {
    auto raw = raw_.defined() ? raw_.narrow(0, 0, size()).contiguous() : raw_;
    std::vector<std::int64_t> seen;
    for (const auto& [label, count] : counts_) {
      seen.push_back(label);
    }
    archive("raw", raw)("labels", labels_)("seen", seen);
    if (archive.loading()) {
      counts_.clear();
      for (const auto label : seen) {
        counts_[label] = std::count(labels_.begin(), labels_.end(), label);
      }
      raw_ = at::Tensor();
      if (raw.defined()) {
        auto sizes = raw.sizes().vec();
        sizes[0] = capacity_;
        raw_ = at::zeros(sizes, raw.options());
        raw_.narrow(0, 0, size()).copy_(raw);
      }
    }
  }

 private:
  /// Where a sample of this class goes, -1 = nowhere.
  std::int64_t slot_for(std::int64_t label) {
    const bool is_new = counts_.count(label) == 0;
    const auto seen = static_cast<std::int64_t>(counts_.size()) + (is_new ? 1 : 0);
    if (!is_new && counts_[label] >= capacity_ / seen) {
      return -1;
    }
    if (size() < capacity_) {
      labels_.push_back(label);
      ++counts_[label];
      return size() - 1;
    }
    const auto largest =
        std::max_element(counts_.begin(), counts_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    auto leaving = insert_.below(largest->second);  // the leaving-th of its class, in slot order
    std::size_t slot = 0;
    while (labels_[slot] != largest->first || leaving-- > 0) {
      ++slot;
    }
    --largest->second;
    labels_[slot] = label;
    ++counts_[label];
    return static_cast<std::int64_t>(slot);
  }

  std::int64_t capacity_;
  WordStream insert_, sample_;
  at::Tensor raw_;                                // [capacity, ...]
  std::vector<std::int64_t> labels_;              // of each slot in use
  std::map<std::int64_t, std::int64_t> counts_;  // of each class seen
};

}  // namespace clh
