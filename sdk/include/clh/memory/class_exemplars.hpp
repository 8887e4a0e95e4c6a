// ClassExemplars: exemplars kept apart by class, those chosen first in front.
#pragma once
#include <clh/model.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Raw samples in the dataset's dtype. What is chosen, and how many of each class, is the method's.
class ClassExemplars {
 public:
  struct Samples {
    at::Tensor raw, labels;  // [n, ...], [n]
  };

  bool empty() const { return outputs_.empty(); }
  /// Outputs with exemplars, in the order of their first.
  const std::vector<std::int64_t>& outputs() const { return outputs_; }
  /// Exemplars of an output.
  std::int64_t count(std::int64_t output) const {
    const auto place = find(output);
    return place < outputs_.size() ? raw_[place].size(0) : 0;
  }
  /// Exemplars [n, ...] of an output that has some. Owner: the memory.
  const at::Tensor& of(std::int64_t output) const { return raw_.at(find(output)); }
  /// Over all outputs.
  std::int64_t size() const {
    std::int64_t sum = 0;
    for (const auto& raw : raw_) {
      sum += raw.size(0);
    }
    return sum;
  }

  /// Puts raw [n, ...], n >= 0, behind the exemplars of an output. Owner: rows are copied.
  void add(std::int64_t output, const at::Tensor& raw) {
    const auto place = find(output);
    if (raw.size(0) == 0) {
      return;
    }
    if (place == outputs_.size()) {
      outputs_.push_back(output);
      raw_.push_back(raw.clone());
    } else {
      raw_[place] = at::cat({raw_[place], raw});
    }
  }
  /// Makes raw [n, ...], n >= 1, the exemplars of an output. Owner: rows are copied.
  void set(std::int64_t output, const at::Tensor& raw) {
    const auto place = find(output);
    if (place == outputs_.size()) {
      add(output, raw);
    } else {
      raw_[place] = raw.clone();
    }
  }
  /// Keeps the first `quota` >= 1 of every output.
  void truncate(std::int64_t quota) {
    for (auto& raw : raw_) {
      if (raw.size(0) > quota) {
        raw = raw.narrow(0, 0, quota).clone();  // a view would keep the rest alive
      }
    }
  }

  /// The first `quota` of every output, or all. Errors: none; raw is undefined if empty().
  Samples first(std::int64_t quota) const {
    std::vector<at::Tensor> raw, labels{at::empty({0}, at::kLong)};
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      const auto count = std::min(quota, raw_[i].size(0));
      raw.push_back(raw_[i].narrow(0, 0, count));
      labels.push_back(at::full({count}, outputs_[i], at::kLong));
    }
    return {raw.empty() ? at::Tensor() : at::cat(raw), at::cat(labels)};
  }
  Samples all() const { return first(size()); }

  /// Merges all into the task's training set; in begin_task only.
  void append_to(const Task& task) const {
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      task.append(raw_[i], at::full({raw_[i].size(0)}, outputs_[i], at::kLong));
    }
  }

  /// Errors: StatusError with CLH_E_STATE unless every output has its samples.
  void state(Archive& archive) {
    archive("outputs", outputs_)("raw", raw_);
    if (outputs_.size() != raw_.size()) {
      throw StatusError(CLH_E_STATE, "exemplars: expected those of " +
                                         std::to_string(outputs_.size()) + " outputs, found " +
                                         std::to_string(raw_.size()));
    }
  }

 private:
  std::size_t find(std::int64_t output) const {
    return static_cast<std::size_t>(
        std::find(outputs_.begin(), outputs_.end(), output) - outputs_.begin());
  }

  std::vector<std::int64_t> outputs_;
  std::vector<at::Tensor> raw_;  // of outputs_[i]: [n, ...]
};

}  // namespace clh
