#include "core/network/update_rule.hpp"

#include <ATen/ops/zeros.h>

namespace clh::core {

void RuleMemory::grow(std::int64_t size) {
  for (auto& moment : moments) {
    if (moment.numel() < size) {
      auto longer = at::zeros({size}, moment.options());
      longer.narrow(0, 0, moment.numel()).copy_(moment);
      moment = longer;
    }
  }
  const auto covered = segments.empty() ? 0 : segments.back().end;
  if (covered < size) {
    segments.push_back({covered, size, 0});
  }
}

void RuleMemory::Segment::state(Archive& archive) {
  archive("begin", begin)("end", end)("steps", steps);
}

void RuleMemory::state(Archive& archive) {
  archive("segments", segments)("moments", moments);
}

void OptimizerOptions::bind(OptionBinder& option) {
  option("lr", lr, "learning rate").above(0);
  option("weight-decay", weight_decay, "L2 penalty on the values (adamw: decoupled decay)").min(0);
  option("reset", reset, "when momentum and moments are forgotten").choices({"task", "never"});
}

}  // namespace clh::core
