// ReservoirBuffer: a bounded memory that is a uniform sample of everything seen so far.
#pragma once
#include <clh/tensor.hpp>

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Rows of several columns kept together: raw samples, labels, and whatever a method stores beside
/// them. Source: Vitter 1985, Algorithm R, doi:10.1145/3147.3165. Memory: one contiguous tensor a
/// column, in the dtype it was first given.
class ReservoirBuffer {
 public:
  /// A draw: raw [n, ...], labels [n], and the extra columns in the order of add().
  struct Draw {
    at::Tensor raw, labels;
    std::vector<at::Tensor> extra;
  };

  /// Inputs: capacity >= 1; `insert` decides what stays, `sample` what is replayed.
  ReservoirBuffer(std::int64_t capacity, WordStream insert, WordStream sample)
      : capacity_(capacity), insert_(std::move(insert)), sample_(std::move(sample)) {}

  bool empty() const { return seen_ == 0; }
  std::int64_t capacity() const { return capacity_; }
  /// Samples held, min(seen, capacity).
  std::int64_t size() const { return std::min(seen_, capacity_); }
  /// Samples offered so far.
  std::int64_t seen() const { return seen_; }

  /// Offers a batch, item by item in its order. Inputs: raw [B, ...], labels [B], extra columns
  /// [B, ...] floating point; an extra column may grow wider, its older rows are then padded with
  /// NaN. Owner: rows are copied.
  void add(const at::Tensor& raw, const at::Tensor& labels, const std::vector<at::Tensor>& extra = {}) {
    const auto slots = choose_slots(labels.size(0));
    store(0, raw, slots);
    store(1, labels, slots);
    for (std::size_t i = 0; i < extra.size(); ++i) {
      store(2 + i, extra[i], slots);
    }
  }

  /// Draws `count` rows without replacement.
  /// Inputs:  count >= 1, clamped to size().
  /// Errors:  UsageError if empty().
  /// Owner:   copies.
  Draw sample(std::int64_t count) {
    if (empty()) {
      throw UsageError("[buffer] expected at least one sample to draw from, found none");
    }
    return rows(distinct(std::min(count, size())));
  }

  /// Everything held, in slot order. Owner: views of the memory.
  Draw all() const {
    std::vector<at::Tensor> kept;
    for (const auto& column : columns_) {
      kept.push_back(column.narrow(0, 0, size()));
    }
    return split(std::move(kept));
  }

  /// Errors: StatusError with CLH_E_STATE unless every column holds size() rows.
  void state(Archive& archive) {
    archive("seen", seen_);
    std::vector<at::Tensor> kept;
    if (!archive.loading()) {
      for (const auto& column : columns_) {
        kept.push_back(column.narrow(0, 0, size()).contiguous());
      }
    }
    archive("columns", kept);
    if (archive.loading()) {
      if (seen_ < 0 || (kept.size() < 2 && seen_ > 0)) {
        throw StatusError(CLH_E_STATE, "buffer: expected its columns, found none");
      }
      columns_.clear();
      for (const auto& rows : kept) {
        if (rows.size(0) != size()) {
          throw StatusError(CLH_E_STATE, "buffer: expected " + std::to_string(size()) +
                                             " rows, found " + std::to_string(rows.size(0)));
        }
        columns_.push_back(allocate(rows));
        columns_.back().narrow(0, 0, rows.size(0)).copy_(rows);
      }
    }
  }

 private:
  struct Slot {
    std::int64_t row, slot;
  };

  /// Which rows of the next batch go where; a slot is named once, by the last row that takes it.
  std::vector<Slot> choose_slots(std::int64_t batch) {
    std::vector<Slot> slots;
    const auto drawn = std::max<std::int64_t>(0, seen_ + batch - std::max(seen_, capacity_));
    std::vector<std::uint64_t> words(static_cast<std::size_t>(drawn));
    if (drawn > 0) {
      insert_.words(words.data(), drawn);
    }
    std::size_t next = 0;
    for (std::int64_t row = 0; row < batch; ++row, ++seen_) {
      const auto slot = seen_ < capacity_ ? seen_ : insert_.reduce(words[next++], seen_ + 1);
      if (slot >= capacity_) {
        continue;
      }
      const auto taken = std::find_if(slots.begin(), slots.end(),
                                      [&](const Slot& s) { return s.slot == slot; });
      if (taken != slots.end()) {
        taken->row = row;
      } else {
        slots.push_back({row, slot});
      }
    }
    return slots;
  }

  at::Tensor allocate(const at::Tensor& rows) const {
    auto sizes = rows.sizes().vec();
    sizes[0] = capacity_;
    return at::zeros(sizes, rows.options().requires_grad(false));
  }

  void store(std::size_t column, const at::Tensor& given, const std::vector<Slot>& slots) {
    const auto rows = given.detach().contiguous();
    if (columns_.size() <= column) {
      columns_.push_back(allocate(rows));
    }
    auto& kept = columns_[column];
    if (rows.dim() == 2 && rows.size(1) > kept.size(1)) {
      auto wider = at::full({capacity_, rows.size(1)}, std::numeric_limits<float>::quiet_NaN(),
                            kept.options());
      wider.narrow(1, 0, kept.size(1)).copy_(kept);
      kept = wider;
    }
    if (rows.numel() / std::max<std::int64_t>(rows.size(0), 1) != kept.numel() / capacity_ ||
        rows.scalar_type() != kept.scalar_type()) {
      throw UsageError("[buffer] expected rows like those already held, found another size or type");
    }
    if (rows.is_cpu()) {
      const auto bytes = static_cast<std::size_t>(kept.numel() / capacity_) * kept.element_size();
      const auto* from = static_cast<const char*>(rows.data_ptr());
      auto* to = static_cast<char*>(kept.data_ptr());
      for (const auto& s : slots) {
        std::memcpy(to + static_cast<std::size_t>(s.slot) * bytes,
                    from + static_cast<std::size_t>(s.row) * bytes, bytes);
      }
      return;
    }
    for (const auto& s : slots) {
      kept.select(0, s.slot).copy_(rows.select(0, s.row));
    }
  }

  /// `count` distinct slots, uniform and in random order: the first steps of a Fisher-Yates shuffle
  /// of the identity, which is restored afterwards.
  std::vector<std::int64_t> distinct(std::int64_t count) {
    if (static_cast<std::int64_t>(identity_.size()) != size()) {
      identity_.resize(static_cast<std::size_t>(size()));
      std::iota(identity_.begin(), identity_.end(), std::int64_t{0});
    }
    std::vector<std::uint64_t> words(static_cast<std::size_t>(count));
    sample_.words(words.data(), count);
    std::vector<std::size_t> swapped(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < swapped.size(); ++i) {
      const auto left = size() - static_cast<std::int64_t>(i);
      swapped[i] = i + static_cast<std::size_t>(sample_.reduce(words[i], left));
      std::swap(identity_[i], identity_[swapped[i]]);
    }
    std::vector<std::int64_t> chosen(identity_.begin(), identity_.begin() + count);
    for (std::size_t i = swapped.size(); i-- > 0;) {
      std::swap(identity_[i], identity_[swapped[i]]);
    }
    return chosen;
  }

  Draw rows(const std::vector<std::int64_t>& slots) const {
    const auto index = at::tensor(slots, at::kLong);
    std::vector<at::Tensor> kept;
    for (const auto& column : columns_) {
      kept.push_back(column.index_select(0, column.is_cpu() ? index : index.to(column.device())));
    }
    return split(std::move(kept));
  }

  static Draw split(std::vector<at::Tensor> columns) {
    Draw draw{columns[0], columns[1], {}};
    draw.extra.assign(columns.begin() + 2, columns.end());
    return draw;
  }

  std::int64_t capacity_;
  std::int64_t seen_ = 0;
  WordStream insert_, sample_;
  std::vector<at::Tensor> columns_;     // raw, labels, extra...: [capacity, ...]
  std::vector<std::int64_t> identity_;  // 0 .. size-1 between two draws
};

}  // namespace clh
