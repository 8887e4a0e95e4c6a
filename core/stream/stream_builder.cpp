#include "core/stream/stream_builder.hpp"

#include <string>

#include "core/error.hpp"

namespace clh::core {
namespace {

struct Builder {
  Scenario scenario;
  const DatasetLabels& labels;
  std::uint64_t run_seed;

  StreamPlan operator()(const ClassSplitOptions& options) const {
    return build_class_split(options, scenario, labels, run_seed);
  }
  StreamPlan operator()(const PermutedOptions& options) const {
    return build_permuted(options, scenario, labels, run_seed);
  }
  StreamPlan operator()(const RotatedOptions& options) const {
    return build_rotated(options, scenario, labels, run_seed);
  }
  StreamPlan operator()(const JointOptions& options) const {
    return build_joint(options, scenario, labels, run_seed);
  }
};

struct UsualScenario {
  Scenario operator()(const ClassSplitOptions&) const { return Scenario::kClassIl; }
  Scenario operator()(const PermutedOptions&) const { return Scenario::kDomainIl; }
  Scenario operator()(const RotatedOptions&) const { return Scenario::kDomainIl; }
  Scenario operator()(const JointOptions& options) const {
    return options.of == JointOf::kClassSplit ? Scenario::kClassIl : Scenario::kDomainIl;
  }
};

}  // namespace

StreamChoice stream_choice(std::string_view name) {
  const std::array<StreamChoice, kStreamNames.size()> defaults = {
      ClassSplitOptions(), PermutedOptions(), RotatedOptions(), JointOptions()};
  std::string names;
  for (const StreamChoice& choice : defaults) {
    if (stream_name(choice) == name) {
      return choice;
    }
    names += (names.empty() ? "" : ", ") + std::string(stream_name(choice));
  }
  throw Error("unknown-component",
              "[stream] name: expected one of " + names + ", found \"" + std::string(name) + "\"",
              "set stream=class-split, the default", kExitUsage);
}

std::string_view stream_name(const StreamChoice& choice) {
  return kStreamNames[choice.index()];
}

Scenario usual_scenario(const StreamChoice& choice) {
  return std::visit(UsualScenario{}, choice);
}

void bind(StreamChoice& choice, clh::OptionBinder& option) {
  std::visit([&option](auto& options) { options.bind(option); }, choice);
}

StreamPlan build_stream(const StreamChoice& choice, Scenario scenario, const DatasetLabels& labels,
                        std::uint64_t run_seed) {
  return std::visit(Builder{scenario, labels, run_seed}, choice);
}

}  // namespace clh::core
