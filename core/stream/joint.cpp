#include "core/stream/joint.hpp"

#include <numeric>
#include <utility>
#include <vector>

namespace clh::core {
namespace {

StreamPlan build_base(JointOptions options, Scenario scenario, const DatasetLabels& labels,
                      std::uint64_t run_seed) {
  switch (options.of) {
    case JointOf::kPermuted:
      options.permuted.tasks = options.tasks;
      options.permuted.hold_out = options.hold_out;
      return build_permuted(options.permuted, scenario, labels, run_seed);
    case JointOf::kRotated:
      options.rotated.tasks = options.tasks;
      options.rotated.hold_out = options.hold_out;
      return build_rotated(options.rotated, scenario, labels, run_seed);
    case JointOf::kClassSplit:
      break;
  }
  options.class_split.hold_out = options.hold_out;
  return build_class_split(options.class_split, scenario, labels, run_seed);
}

}  // namespace

void JointOptions::bind(clh::OptionBinder& option) {
  option("of", of, "the stream whose tasks are trained together; sets the default of scenario")
      .choices({"class-split", "permuted", "rotated"});
  class_split.bind_split(option);
  option("tasks", tasks, "number of tasks; of=permuted and of=rotated").range(1, 100000);
  permuted.bind_permutation(option);
  rotated.bind_rotation(option);
  hold_out.bind(option);
}

StreamPlan build_joint(const JointOptions& options, Scenario scenario, const DatasetLabels& labels,
                       std::uint64_t run_seed) {
  StreamPlan plan = build_base(options, scenario, labels, run_seed);
  std::vector<int> all(plan.tasks.size());
  std::iota(all.begin(), all.end(), 0);
  set_experiences(plan, {std::move(all)});
  return plan;
}

}  // namespace clh::core
