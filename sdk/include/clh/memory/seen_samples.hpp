// SeenSamples: every training sample of the tasks so far, for the references that forget nothing.
#pragma once
#include <clh/networks/for_each_batch.hpp>

#include <ATen/ops/cat.h>

#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class SeenSamples {
 public:
  /// Copies the task's samples; to be called before anything is appended to it.
  void keep(const HostServices& host, const Task& task) {
    constexpr std::int64_t kPiece = 1000;  // every sample read comes as a network input too
    std::vector<at::Tensor> raw, labels;
    for_each_batch(host, task, kPiece, [&](const TaskSamples& read) {
      raw.push_back(read.raw);
      labels.push_back(read.labels);
    });
    if (!raw.empty()) {
      raw_.push_back(at::cat(raw));
      labels_.push_back(at::cat(labels));
    }
  }
  /// Merges all that is kept into the task's training set; in begin_task only.
  void append_to(const Task& task) const {
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      task.append(raw_[i], labels_[i]);
    }
  }
  void clear() {
    raw_.clear();
    labels_.clear();
  }

  void state(Archive& archive) { archive("raw", raw_)("labels", labels_); }

 private:
  std::vector<at::Tensor> raw_, labels_;  // of each task: [n, ...] in the dataset's dtype, [n]
};

}  // namespace clh
