// DarkCoreset: a memory with an equal part for each class, that also holds the outputs which the
// network had for its samples.
#pragma once
#include <clh/memory/distinct_draw.hpp>
#include <clh/tensor.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace {

/// Slots are rows of every column. Filled once for each task, when it has ended.
class DarkCoreset {
 public:
  using Places = std::vector<std::int64_t>;

  /// Inputs: capacity >= 1; `insert` decides what stays, `sample` what is replayed.
  DarkCoreset(std::int64_t capacity, clh::RandomStream insert, clh::RandomStream sample)
      : capacity_(capacity), insert_(std::move(insert)), sample_(std::move(sample)) {}

  bool empty() const { return draws_.empty(); }
  std::int64_t size() const { return static_cast<std::int64_t>(draws_.size()); }
  /// Columns, undefined before the first fill. Owner: the memory.
  const at::Tensor& raw() const { return columns_[0]; }      // [n, ...]
  const at::Tensor& labels() const { return columns_[1]; }   // [n]
  const at::Tensor& tasks() const { return columns_[2]; }    // [n], from 0
  const at::Tensor& outputs() const { return columns_[3]; }  // [n, C]

  /// Draws min(count, size()) different slots uniformly.
  Places draw(std::int64_t count) { return clh::draw_distinct(sample_, size(), count); }
  /// Counts a draw of a slot. Returns: how many there were since the last change of the memory.
  std::int64_t count_draw(std::int64_t slot) { return ++draws_[static_cast<std::size_t>(slot)]; }

  /// Makes room for outputs that came later, NaN until they are set.
  void widen(std::int64_t outputs) {
    if (!empty() && columns_[3].size(1) < outputs) {
      const auto held = columns_[3];
      columns_[3] = at::full({size(), outputs}, std::numeric_limits<float>::quiet_NaN());
      columns_[3].narrow(1, 0, held.size(1)).copy_(held);
    }
  }
  /// Replaces the outputs of these slots. Inputs: slots [k] int64, outputs [k, C].
  void set_outputs(const at::Tensor& slots, const at::Tensor& outputs) {
    columns_[3] = columns_[3].index_copy(0, slots, outputs);
  }

  /// Leaves the first `quota` samples of each class.
  void shrink(std::int64_t quota) {
    std::map<std::int64_t, std::int64_t> counts;
    Places rows;
    for (std::int64_t row = 0; row < size(); ++row) {
      if (++counts[labels()[row].item<std::int64_t>()] <= quota) {
        rows.push_back(row);
      }
    }
    if (static_cast<std::int64_t>(rows.size()) < size()) {
      for (auto& column : columns_) {
        column = column.index_select(0, at::tensor(rows, at::kLong));
      }
    }
    draws_.assign(rows.size(), 0);
  }

  /// Chooses what fills the room that is left: equally many samples of each class, the rest from
  /// classes drawn at random. Inputs: labels [N] of the candidates. Returns: their places.
  Places choose(const at::Tensor& labels, const Places& classes) {
    const auto count = static_cast<std::int64_t>(classes.size());
    const auto room = capacity_ - size();
    const auto order = insert_.permutation(count);
    Places chosen;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      const auto of_class = labels.eq(classes[i]).nonzero().squeeze(1);
      const auto share = room / count + (order[i] < room % count ? 1 : 0);
      for (const auto place : clh::draw_distinct(insert_, of_class.size(0), share)) {
        chosen.push_back(of_class[place].item<std::int64_t>());
      }
    }
    return chosen;
  }

  /// Appends a task's samples. Inputs: raw [k, ...], labels [k], outputs [k, C]. Owner: copies.
  void add(const at::Tensor& raw, const at::Tensor& labels, std::int64_t task,
           const at::Tensor& outputs) {
    const std::vector<at::Tensor> more{raw, labels, at::full_like(labels, task), outputs};
    for (std::size_t i = 0; i < more.size(); ++i) {
      columns_[i] = empty() ? more[i].detach().clone() : at::cat({columns_[i], more[i].detach()});
    }
    draws_.resize(static_cast<std::size_t>(columns_[0].size(0)), 0);
  }

  void state(clh::Archive& archive) { archive("columns", columns_)("draws", draws_); }

 private:
  std::int64_t capacity_;
  clh::RandomStream insert_, sample_;
  std::vector<at::Tensor> columns_ = std::vector<at::Tensor>(4);
  Places draws_;  // of each slot
};

}  // namespace
