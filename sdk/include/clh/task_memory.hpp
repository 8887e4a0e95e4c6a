// TaskMemory: exemplars kept apart by task, each task's part with a quota of its own.
#pragma once
#include <clh/distinct_draw.hpp>
#include <clh/reservoir_buffer.hpp>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Rows of several columns kept together, as in a ReservoirBuffer, but in parts: open() begins a
/// task's part, add() fills it and, once its quota is reached, goes round in it, so that a part
/// holds the last samples of its task. Memory: one tensor a column, in the dtype first given.
class TaskMemory {
 public:
  using Draw = ReservoirBuffer::Draw;

  /// Inputs: `sample` decides what is replayed.
  explicit TaskMemory(WordStream sample) : sample_(std::move(sample)) {}

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
  }

  /// Puts a batch into the part opened last, item by item in its order.
  /// Inputs:  raw [B, ...], labels [B], extra columns [B, ...] floating point; an extra column may
  ///          grow wider, its older rows are then padded with NaN.
  /// Owner:   rows are copied.
  void add(const at::Tensor& raw, const at::Tensor& labels,
           const std::vector<at::Tensor>& extra = {}) {
    const auto batch = labels.size(0);
    const auto first = begin(parts() - 1);
    const auto skipped = std::max<std::int64_t>(0, batch - quota_);  // overwritten within the batch
    std::vector<std::int64_t> rows;
    for (auto item = offered_ + skipped; item < offered_ + batch; ++item) {
      rows.push_back(first + item % quota_);
    }
    offered_ += batch;
    held_.back() = std::min(quota_, offered_);
    const auto index = at::tensor(rows, at::kLong);
    store(0, raw, index, skipped);
    store(1, labels, index, skipped);
    for (std::size_t i = 0; i < extra.size(); ++i) {
      store(2 + i, extra[i], index, skipped);
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
    for (auto& column : columns_) {
      column = column.index_select(0, at::tensor(rows, at::kLong).to(column.device()));
    }
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
  Draw sample(std::int64_t count) {
    if (empty()) {
      throw UsageError("[buffer] expected at least one sample to draw from, found none");
    }
    const auto index = at::tensor(draw_distinct(sample_, size(), count), at::kLong);
    std::vector<at::Tensor> drawn;
    for (const auto& column : columns_) {
      drawn.push_back(column.index_select(0, index.to(column.device())));
    }
    return split(std::move(drawn));
  }

  /// One task's part in the order in which it was filled, or everything.
  /// Inputs:  0 <= index < parts(); something was added.
  /// Owner:   views of the memory.
  Draw part(std::int64_t index) const {
    return view(begin(index), held_[static_cast<std::size_t>(index)]);
  }
  Draw all() const { return view(0, size()); }

  /// Errors: StatusError with CLH_E_STATE unless the parts' rows are those that the columns hold.
  void state(Archive& archive) {
    archive("held", held_)("quota", quota_)("offered", offered_);
    std::vector<at::Tensor> kept;
    if (!archive.loading()) {
      for (const auto& column : columns_) {
        kept.push_back(column.narrow(0, 0, size()).contiguous());
      }
    }
    archive("columns", kept);
    if (archive.loading()) {
      columns_ = std::move(kept);
      if (!is_whole()) {
        throw StatusError(CLH_E_STATE, "memory: expected the rows of its parts, found others");
      }
    }
  }

 private:
  /// Whether the parts are the rows that the columns hold.
  bool is_whole() const {
    const auto rows = columns_.empty() ? 0 : columns_[0].size(0);
    const auto holds_rows = [rows](const at::Tensor& column) { return column.size(0) == rows; };
    const auto lies_within = [rows](std::int64_t count) { return count >= 0 && count <= rows; };
    return columns_.size() != 1 && std::all_of(columns_.begin(), columns_.end(), holds_rows) &&
           std::all_of(held_.begin(), held_.end(), lies_within) && size() == rows && quota_ >= 1 &&
           offered_ >= 0 && (held_.empty() || held_.back() == std::min(quota_, offered_));
  }

  /// First row of a part; of one behind the last, the number of rows.
  std::int64_t begin(std::int64_t part) const {
    return std::accumulate(held_.begin(), held_.begin() + part, std::int64_t{0});
  }

  Draw view(std::int64_t first, std::int64_t count) const {
    std::vector<at::Tensor> rows;
    for (const auto& column : columns_) {
      rows.push_back(column.narrow(0, first, count));
    }
    return split(std::move(rows));
  }

  static Draw split(std::vector<at::Tensor> columns) {
    Draw draw{columns[0], columns[1], {}};
    draw.extra.assign(columns.begin() + 2, columns.end());
    return draw;
  }

  void store(std::size_t column, const at::Tensor& given, const at::Tensor& index,
             std::int64_t skipped) {
    const auto rows = given.detach().narrow(0, skipped, index.size(0));
    if (columns_.size() <= column) {
      columns_.push_back(at::empty_like(rows.narrow(0, 0, 0)));
    }
    reserve(columns_[column], column >= 2 && rows.dim() == 2 ? rows.size(1) : 0);
    auto& kept = columns_[column];
    if (rows.sizes().slice(1) != kept.sizes().slice(1) ||
        rows.scalar_type() != kept.scalar_type()) {
      throw UsageError("[buffer] expected rows like those already held, found another size or type");
    }
    kept.index_copy_(0, index.to(kept.device()), rows);
  }

  /// Makes room for the last part's quota, and for rows of `width` numbers.
  void reserve(at::Tensor& column, std::int64_t width) const {
    const auto rows = begin(parts() - 1) + quota_;
    const bool wider = column.dim() == 2 && column.size(1) < width;
    if (column.size(0) >= rows && !wider) {
      return;
    }
    auto sizes = column.sizes().vec();
    sizes[0] = std::max(rows, column.size(0));
    if (wider) {
      sizes[1] = width;
    }
    auto larger = at::zeros(sizes, column.options());
    auto old = larger.narrow(0, 0, column.size(0));
    if (wider) {
      old.fill_(std::numeric_limits<float>::quiet_NaN());
      old = old.narrow(1, 0, column.size(1));
    }
    old.copy_(column);
    column = larger;
  }

  WordStream sample_;
  std::vector<std::int64_t> held_;  // rows of each part; parts lie one behind the other
  std::int64_t quota_ = 1, offered_ = 0;  // of the part opened last
  std::vector<at::Tensor> columns_;       // raw, labels, extra...: [size() or more, ...]
};

}  // namespace clh
