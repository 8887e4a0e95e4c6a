#include "core/experiment/run_setup.hpp"

#include <algorithm>

#include "core/abi/capabilities.hpp"
#include "core/abi/scenario.hpp"
#include "core/error.hpp"

namespace clh::core {
namespace {

template <class Options>
ParamTable describe_with(Options options) {
  ParamTable table;
  OptionBinder binder(table);
  options.bind(binder);
  return table;
}

template <class Options>
Options read_with(Options options, const ResolvedTable& table) {
  OptionBinder binder(table.values.data());
  options.bind(binder);
  return options;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

/// Installed models that declare a scenario, from their notes alone.
std::vector<std::string> models_with(const Catalogue& catalogue, const std::string& scenario) {
  std::vector<std::string> names;
  for (const auto& entry : catalogue.entries()) {
    for (const auto& provided : entry.note.provides) {
      const auto caps = entry.note.caps_of(provided.kind, provided.name);
      if (entry.usable() && provided.kind == "model" &&
          std::find(caps.begin(), caps.end(), scenario) != caps.end()) {
        names.push_back(provided.name);
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

ConfigSchema config_schema(PluginLibrary& library) {
  ConfigSchema schema;
  schema.run = describe_with(RunOptions{});
  schema.train = describe_with(TrainOptions{});
  schema.eval = describe_with(EvalOptions{});
  for (const auto name : kStreamNames) {
    schema.stream.tables.emplace(std::string(name), describe_with(StreamOptions(name)));
  }
  schema.stream.default_name = "class-split";
  for (const char* name : {"fixed", "incremental", "multi-head"}) {
    schema.head.tables.emplace(name, describe_with(HeadOptions{}));
  }
  schema.head.default_name = "fixed";
  schema.optimizer.tables.emplace("sgd", describe_with(SgdOptions{}));
  schema.optimizer.tables.emplace("adam", describe_with(AdamOptions{}));
  schema.optimizer.tables.emplace("adamw", describe_with(AdamOptions{}));
  schema.optimizer.default_name = "sgd";
  schema.components.find = [&library](clh_kind kind,
                                      const std::string& name) -> const clh_component& {
    return *library.load(kind, name).component;
  };
  schema.components.full_id = [&library](const clh_component& component) {
    return library.owner(component).entry.note.id + "/" + component.id;
  };
  return schema;
}

OptimizerChoice read_optimizer(const ResolvedNamed& chosen) {
  if (chosen.name == "sgd") {
    const auto options = read_with(SgdOptions{}, chosen.options);
    if (options.nesterov && options.momentum == 0) {
      throw Error("bad-option",
                  "[optimizer] nesterov: expected a momentum beside it, found optimizer.momentum=0",
                  "set optimizer.momentum=0.9, or leave nesterov out", kExitUsage);
    }
    return {chosen.name, options};
  }
  return {chosen.name, read_with(AdamOptions{}, chosen.options)};
}

HeadForm read_head_form(const ResolvedNamed& chosen) {
  return chosen.name == "incremental"  ? HeadForm::kIncremental
         : chosen.name == "multi-head" ? HeadForm::kMultiHead
                                       : HeadForm::kFixed;
}

StreamOptions read_stream(const ResolvedNamed& chosen) {
  return read_with(StreamOptions(chosen.name), chosen.options);
}

void check_capabilities(const ResolvedConfig& config, Scenario scenario,
                        const Catalogue& catalogue) {
  const auto& model = *config.model->factory.component;
  const auto& backbone = *config.backbone->factory.component;
  const std::string wanted(name(scenario));
  if (!declares(model, wanted)) {
    auto found = capabilities(model);
    found.erase(std::remove_if(found.begin(), found.end(),
                               [](const std::string& cap) { return !is_scenario(cap); }),
                found.end());
    const auto others = models_with(catalogue, wanted);
    throw Error("unsupported",
                "model " + config.model->name + ": expected support for " + wanted + ", found " +
                    (found.empty() ? "no scenario" : joined(found)),
                others.empty()
                    ? "install a model with " + wanted
                    : "use one of the installed models with " + wanted + ": " + joined(others),
                kExitUsage);
  }
  if (declares(model, "needs:gates") &&
      (backbone.get_extension == nullptr ||
       backbone.get_extension("clh.backbone.gates/1") == nullptr)) {
    throw Error("unsupported",
                "model " + config.model->name + ": expected a backbone with gates, found " +
                    config.backbone->name,
                "use a backbone with gates: backbone=mlp", kExitUsage);
  }
  const auto form = read_head_form(config.head);
  if (scenario == Scenario::kTaskFree && form != HeadForm::kFixed) {
    throw Error(
        "unsupported",
        "head " + config.head.name + ": expected a stream with task boundaries, found task-free",
        "use head=fixed", kExitUsage);
  }
  if (scenario != Scenario::kTaskIl && form == HeadForm::kMultiHead) {
    throw Error("unsupported", "head multi-head: expected the scenario task-il, found " + wanted,
                "set stream.scenario=task-il, or head=fixed", kExitUsage);
  }
}

}  // namespace clh::core
