// task_labels: the labels of the present task's training samples, by position.
#pragma once
#include <clh/networks/for_each_batch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// Returns: [N] int64 in the order of Task::read, appended samples last; [0] in online streams.
inline at::Tensor task_labels(const HostServices& host, const Task& task) {
  constexpr std::int64_t kPiece = 1000;  // every sample read comes as a network input too
  std::vector<at::Tensor> labels{at::empty({0}, at::kLong)};
  for_each_batch(host, task, kPiece, [&](const TaskSamples& read) { labels.push_back(read.labels); });
  return at::cat(labels);
}

}  // namespace clh
