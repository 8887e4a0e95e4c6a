// ActiveOutputs: which outputs the softmax of a training loss covers.
#pragma once
#include <clh/model.hpp>

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/TensorOperators.h>

#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// kAll: every output of the head, so that classes still to come are trained down, as in Buzzega et
/// al. 2020, arXiv:2004.07211. kSeen: outputs of the tasks so far, as in van de Ven and Tolias 2019,
/// arXiv:1904.07734. kTask: outputs of the task that brought the label ("labels trick", Zeno et al.
/// 2018, arXiv:1803.10123).
enum class Active { kAll, kSeen, kTask };

class ActiveOutputs {
 public:
  /// The option of every model that has one.
  static void bind(OptionBinder& option, Active& active) {
    option("active", active, "outputs in the loss: all, of tasks so far, or of the label's task")
        .choices({"all", "seen", "task"});
  }

  /// Errors: UsageError where the choice would mean nothing: a multi-head's loss covers the label's
  /// block, and a task-free stream has no tasks.
  ActiveOutputs(Active active, const Network& net, Scenario scenario) : active_(active) {
    if (active_ == Active::kAll) {
      return;
    }
    if (net.info().head == CLH_HEAD_MULTI) {
      throw UsageError("[model] active: expected all beside a multi-head, found another");
    }
    if (scenario == Scenario::kTaskFree) {
      throw UsageError("[model] active: expected all in a task-free stream, found another");
    }
  }

  void begin_task(const Task& task) {
    if (active_ != Active::kAll) {
      tasks_.push_back(task.classes());
      hidden_ = at::Tensor();
    }
  }

  /// outputs [B, C] with those that are out of play for these labels [B] at -inf.
  at::Tensor only(const at::Tensor& outputs, const at::Tensor& labels) {
    if (active_ == Active::kAll) {
      return outputs;
    }
    if (!hidden_.defined()) {
      hidden_ = active_ == Active::kSeen ? hide_unseen(outputs.size(1)) : hide_others(outputs.size(1));
    }
    return outputs + (active_ == Active::kSeen ? hidden_ : hidden_.index_select(0, labels));
  }

  /// Outputs that the loss of the present task's samples covers; empty = all.
  std::vector<std::int64_t> present() const {
    if (active_ == Active::kAll || tasks_.empty()) {
      return {};
    }
    if (active_ == Active::kTask) {
      return tasks_.back();
    }
    std::set<std::int64_t> seen;
    for (const auto& classes : tasks_) {
      seen.insert(classes.begin(), classes.end());
    }
    return {seen.begin(), seen.end()};
  }

  void state(Archive& archive) {
    archive("tasks", tasks_);
    hidden_ = at::Tensor();
  }

 private:
  static constexpr float kHidden = -std::numeric_limits<float>::infinity();

  /// [C], 0 for the outputs of the tasks so far.
  at::Tensor hide_unseen(std::int64_t count) const {
    return at::full({count}, kHidden).index_fill_(0, at::tensor(present(), at::kLong), 0);
  }
  /// [C, C], row y: 0 for the outputs of the last task that had y.
  at::Tensor hide_others(std::int64_t count) const {
    auto hidden = at::full({count, count}, kHidden);
    for (const auto& classes : tasks_) {
      const auto own = at::tensor(classes, at::kLong);
      hidden.index_copy_(0, own, at::full({own.size(0), count}, kHidden).index_fill_(1, own, 0));
    }
    return hidden;
  }

  Active active_;
  std::vector<std::vector<std::int64_t>> tasks_;  // output indices of each task so far
  at::Tensor hidden_;                             // made when needed
};

}  // namespace clh
