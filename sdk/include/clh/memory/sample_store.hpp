// SampleStore: rows of several columns kept together in slots, under every memory of samples.
#pragma once
#include <clh/tensor.hpp>

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Samples that a memory gives out.
struct Exemplars {
  at::Tensor raw, labels;         // [n, ...] in the dataset's dtype, [n] int64
  std::vector<at::Tensor> extra;  // [n, ...]: what the method stored beside them, in its order
  std::int64_t size() const { return labels.defined() ? labels.size(0) : 0; }
};

/// Slots 0 .. size()-1 of raw samples, labels and extra columns, one tensor a column in the dtype
/// that it was first given. Memory grows as slots are filled. A floating-point column [n, W] may be
/// given wider rows later; rows from before are then NaN in the new places.
class SampleStore {
 public:
  bool empty() const { return size_ == 0; }
  std::int64_t size() const { return size_; }
  /// The label in a slot. Inputs: 0 <= slot < size().
  std::int64_t label(std::int64_t slot) const { return columns_[1].data_ptr<std::int64_t>()[slot]; }

  /// A batch brought to the store's form, from which put() takes rows.
  struct Rows {
    std::vector<at::Tensor> columns;
  };
  /// Inputs:  raw [B, ...], labels [B] int64, extra [B, ...] each.
  /// Errors:  UsageError for rows unlike those held.
  Rows rows_of(const at::Tensor& raw, const at::Tensor& labels,
               const std::vector<at::Tensor>& extra = {}) {
    Rows rows{{raw.detach().contiguous(), labels.detach().to(at::kCPU).contiguous()}};
    for (const auto& column : extra) {
      rows.columns.push_back(column.detach().contiguous());
    }
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      admit(i, rows.columns[i]);
    }
    return rows;
  }
  /// Copies a row of a batch into a slot. Inputs: slot <= size(); size() takes a new one.
  void put(std::int64_t slot, const Rows& rows, std::int64_t row) {
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      put_value(i, slot, rows.columns[i], row);
    }
    size_ = std::max(size_, slot + 1);
  }
  /// Copies a row's extra columns alone. Inputs: slot < size().
  void put_extra(std::int64_t slot, const Rows& rows, std::int64_t row) {
    for (std::size_t i = 2; i < rows.columns.size(); ++i) {
      put_value(i, slot, rows.columns[i], row);
    }
  }

  /// Leaves these slots, in this order, as 0 .. slots.size()-1.
  void keep(const std::vector<std::int64_t>& slots) {
    const auto index = at::tensor(slots, at::kLong);
    for (auto& column : columns_) {
      column = column.index_select(0, index.to(column.device()));
    }
    size_ = static_cast<std::int64_t>(slots.size());
  }

  /// The rows of these slots. Owner: copies.
  Exemplars select(const std::vector<std::int64_t>& slots) const {
    const auto index = at::tensor(slots, at::kLong);
    return exemplars([&](const at::Tensor& column) {
      return column.index_select(0, column.is_cpu() ? index : index.to(column.device()));
    });
  }
  /// Slots first .. first+count-1. Owner: views of the store.
  Exemplars range(std::int64_t first, std::int64_t count) const {
    return exemplars([&](const at::Tensor& column) { return column.narrow(0, first, count); });
  }
  Exemplars all() const { return range(0, size_); }

  /// Errors: StatusError with CLH_E_STATE unless every column holds size() rows.
  void state(Archive& archive) {
    std::vector<at::Tensor> held;
    if (!archive.loading()) {
      for (const auto& column : columns_) {
        held.push_back(column.narrow(0, 0, size_).contiguous());
      }
    }
    archive("size", size_)("columns", held);
    if (archive.loading()) {
      require_columns(held);
      columns_ = std::move(held);
    }
  }

 private:
  static constexpr std::int64_t kFirst = 64;  // slots that a column begins with

  void require_columns(const std::vector<at::Tensor>& held) const {
    const bool some = size_ == 0 ? held.size() != 1 : size_ > 0 && held.size() >= 2;
    const bool fits = some && std::all_of(held.begin(), held.end(), [this](const at::Tensor& c) {
                        return c.defined() && c.dim() > 0 && c.size(0) == size_ && c.is_contiguous();
                      });
    if (!fits ||
        (!held.empty() && (held[1].dim() != 1 || held[1].scalar_type() != at::kLong))) {
      throw StatusError(CLH_E_STATE, "memory: expected columns of " + std::to_string(size_) +
                                         " rows, found others");
    }
  }

  template <class Take>
  Exemplars exemplars(Take&& take) const {
    Exemplars taken;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      auto rows = take(columns_[i]);
      (i == 0 ? taken.raw : i == 1 ? taken.labels : taken.extra.emplace_back()) = std::move(rows);
    }
    return taken;
  }

  /// Makes the column that rows like these go into.
  void admit(std::size_t column, const at::Tensor& rows) {
    if (columns_.size() <= column) {
      columns_.push_back(resized(rows, 0));
    }
    auto& held = columns_[column];
    if (rows.dim() == 2 && held.dim() == 2 && rows.size(1) > held.size(1) &&
        rows.is_floating_point()) {
      auto wider = at::full({held.size(0), rows.size(1)}, std::numeric_limits<float>::quiet_NaN(),
                            held.options());
      wider.narrow(1, 0, held.size(1)).copy_(held);
      held = wider;
    }
    if (rows.sizes().slice(1) != held.sizes().slice(1) ||
        rows.scalar_type() != held.scalar_type()) {
      throw UsageError("[buffer] expected rows like those already held, found another size or type");
    }
  }

  void put_value(std::size_t column, std::int64_t slot, const at::Tensor& rows, std::int64_t row) {
    auto& held = columns_[column];
    if (slot >= held.size(0)) {
      const auto larger = resized(held, std::max(kFirst, 2 * held.size(0)));
      larger.narrow(0, 0, held.size(0)).copy_(held);
      held = larger;
    }
    if (!rows.is_cpu()) {
      held.select(0, slot).copy_(rows.select(0, row));
      return;
    }
    const auto bytes = rows.nbytes() / static_cast<std::size_t>(rows.size(0));
    std::memcpy(static_cast<char*>(held.data_ptr()) + static_cast<std::size_t>(slot) * bytes,
                static_cast<const char*>(rows.data_ptr()) + static_cast<std::size_t>(row) * bytes,
                bytes);
  }

  /// Errors: UsageError when there is not so much memory.
  static at::Tensor resized(const at::Tensor& like, std::int64_t slots) {
    auto sizes = like.sizes().vec();
    sizes[0] = slots;
    try {
      return at::zeros(sizes, like.options().requires_grad(false));
    } catch (const c10::Error&) {
      throw UsageError("[model] buffer-size: expected exemplars that fit into memory, found no room "
                       "for " + std::to_string(slots));
    }
  }

  std::int64_t size_ = 0;
  std::vector<at::Tensor> columns_;  // raw, labels, extra...: [size() or more, ...]
};

}  // namespace clh
