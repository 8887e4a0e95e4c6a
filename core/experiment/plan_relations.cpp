#include "core/experiment/plan_relations.hpp"

#include <cmath>
#include <cstring>
#include <string>

#include "core/error.hpp"
#include "core/options/param_text.hpp"

namespace clh::core {
namespace {

/// Whether the choice that the relation asks for was made.
bool holds_here(const clh_factory& factory, const clh_param& param) {
  if (param.when == nullptr) {
    return true;
  }
  const auto& component = *factory.component;
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& other = component.params[i];
    if (std::strcmp(other.name, param.when) != 0) {
      continue;
    }
    const char* chosen = other.choices[factory.args[i].u.i];
    for (const char* const* name = param.when_choices; *name != nullptr; ++name) {
      if (std::strcmp(*name, chosen) == 0) {
        return true;
      }
    }
  }
  return false;
}

void require_relation(const clh_factory& factory, const clh_param& param, const clh_value& value,
                      const StreamPlan& plan) {
  const bool of_classes = param.at_least_of == CLH_OF_CLASSES;
  const auto count =
      of_classes ? plan.n_outputs : static_cast<std::int64_t>(plan.experiences.size());
  const auto least = std::ceil(param.at_least * static_cast<double>(count));
  const double given = param.type == CLH_INT ? static_cast<double>(value.u.i) : value.u.r;
  if (given >= least) {
    return;
  }
  const std::string bound = std::to_string(static_cast<std::int64_t>(least));
  const std::string each = param.at_least == 1 ? "one" : bounds_number(param.at_least);
  throw Error("bad-option",
              std::string("[") + factory.path + "] " + param.name + ": expected at least " + bound +
                  ", " + each + " for each of the stream's " + std::to_string(count) +
                  (of_classes ? " classes" : " tasks") + ", found " + bounds_number(given),
              std::string("set ") + factory.path + "." + param.name + "=" + bound + " or more",
              kExitUsage);
}

}  // namespace

void require_plan_relations(const clh_factory& factory, const StreamPlan& plan) {
  const auto& component = *factory.component;
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& param = component.params[i];
    const auto& value = factory.args[i];
    if (param.type == CLH_COMPONENT && value.u.f != nullptr) {
      require_plan_relations(*value.u.f, plan);
    }
    if (param.at_least_of != 0 && value.n != 0 && holds_here(factory, param)) {
      require_relation(factory, param, value, plan);
    }
  }
}

}  // namespace clh::core
