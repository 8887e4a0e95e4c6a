// ClassSplit: the classes of one dataset, dealt out to tasks in class order.
#pragma once
#include <clh/options.hpp>

#include <cstdint>
#include <vector>

#include "core/abi/scenario.hpp"
#include "core/stream/hold_out.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// What happens to classes that are left over when the tasks have their number.
enum class Remainder {
  kError,   // refuse
  kLast,    // they join the last task: 10 classes by 3 are 3, 3, 4
  kSpread,  // one more for each task from the first on: 4, 3, 3
};

enum class ClassOrder {
  kNatural,
  kSeeded,    // one permutation of all classes, stream `task`
  kExplicit,  // class-order-list
};

struct ClassSplitOptions {
  std::vector<std::int64_t> classes_per_task = {2};  // one number counts for every task
  Remainder remainder = Remainder::kError;
  ClassOrder class_order = ClassOrder::kNatural;
  std::vector<std::int64_t> class_order_list;
  HoldOutOptions hold_out;

  void bind(clh::OptionBinder& option);
  /// The options without those of the hold-out, for a stream that has its own.
  void bind_split(clh::OptionBinder& option);
};

/// Plans one task per group of classes. Outputs: class-il, task-il and task-free number the classes
/// by their place in the class order; domain-il by their place inside the task.
/// Errors:  Error `bad-option` for sizes that do not fit and an order that is no permutation.
StreamPlan build_class_split(const ClassSplitOptions& options, Scenario scenario,
                             const DatasetLabels& labels, std::uint64_t run_seed);

}  // namespace clh::core
