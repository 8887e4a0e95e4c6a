// TaskHeads: the head as it was at the end of each task, for models whose backbone still holds
// every task's subnetwork.
#pragma once
#include <clh/network.hpp>
#include <clh/parameters/parameter_mask.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class TaskHeads {
 public:
  /// Tasks whose head is kept; they are numbered from 0.
  std::int64_t count() const { return static_cast<std::int64_t>(heads_.size()); }

  /// Copies the network's head as that of the next task.
  void keep(const Network& net) {
    heads_.push_back(net.values().masked_select(parameter_mask(net.info(), is_head)));
  }

  /// Writes a task's head into `values` [P] of the network. Outputs that the head has grown since
  /// stay as they are in `values`. Inputs: 0 <= task < count().
  void write(std::int64_t task, const Network& net, at::Tensor& values) const {
    const auto& head = heads_.at(static_cast<std::size_t>(task));
    const auto places = parameter_mask(net.info(), is_head).nonzero().squeeze(1);
    values.index_copy_(0, places.narrow(0, 0, head.size(0)), head);
  }

  void state(Archive& archive) { archive("heads", heads_); }

 private:
  std::vector<at::Tensor> heads_;  // of each task, in the order of the slots
};

}  // namespace clh
