#include "core/experiment/run_setup.hpp"

#include <algorithm>

#include "core/abi/capabilities.hpp"
#include "core/abi/scenario.hpp"
#include "core/error.hpp"
#include "core/text/word_list.hpp"

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

/// A joint stream is of its tasks' usual scenario.
void imply_scenario(const std::string& name, ConfigTable& given) {
  const ConfigValue* of = name == "joint" ? given.find("of") : nullptr;
  const std::string* stream = of == nullptr ? nullptr : of->text();
  const bool known = stream != nullptr && std::find(kStreamNames.begin(), kStreamNames.end(),
                                                    *stream) != kStreamNames.end();
  if (known && given.find("scenario") == nullptr) {
    given.set("scenario", {std::string(core::name(usual_scenario(stream_choice(*stream))))});
  }
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

/// Whether a component declares a capability, be it for the value that one of its options has.
bool holds(const ResolvedComponent& component, const std::string& capability) {
  const auto caps = capabilities(*component.factory.component);
  return std::any_of(caps.begin(), caps.end(), [&](const std::string& text) {
    const auto conditional = conditional_capability(text);
    if (!conditional) {
      return text == capability;
    }
    const auto* value = component.options.tree.find(conditional->option);
    const auto* chosen = value == nullptr ? nullptr : value->text();
    return conditional->name == capability && value != nullptr &&
           (chosen != nullptr ? *chosen : value_text(*value)) == conditional->value;
  });
}

bool lacks_gates(const clh_component& model, const clh_component& backbone) {
  return declares(model, "needs:gates") &&
         (backbone.get_extension == nullptr ||
          backbone.get_extension("clh.backbone.gates/1") == nullptr);
}

/// What the configuration must say beside its model so that this one runs: a scenario that it
/// declares, the nearest to the stream's usual one, with the head and backbone that go with it.
/// Returns: words for the command line; empty for a model without a scenario.
std::string needed_overrides(const ResolvedConfig& config) {
  const auto& model = *config.model->factory.component;
  const auto usual = usual_scenario(read_stream(config.stream).choice);
  for (const auto scenario :
       {usual, Scenario::kTaskIl, Scenario::kDomainIl, Scenario::kClassIl, Scenario::kTaskFree}) {
    if (!declares(model, std::string(name(scenario)))) {
      continue;
    }
    auto words = "stream.scenario=" + std::string(name(scenario));
    const auto form = read_head_form(config.head);
    if (scenario == Scenario::kTaskIl && form == HeadForm::kFixed) {
      words += " head=multi-head";
    } else if ((scenario != Scenario::kTaskIl && form == HeadForm::kMultiHead) ||
               (scenario == Scenario::kTaskFree && form != HeadForm::kFixed)) {
      words += " head=fixed";
    }
    return words + (lacks_gates(model, *config.backbone->factory.component) ? " backbone=mlp" : "");
  }
  return "";
}

/// Errors: Error `unsupported` for a model outside its scenarios, with what would make it run.
void require_scenario(const ResolvedConfig& config, const std::string& wanted,
                      const Catalogue& catalogue) {
  const auto& model = *config.model->factory.component;
  if (declares(model, wanted)) {
    return;
  }
  auto found = capabilities(model);
  found.erase(std::remove_if(found.begin(), found.end(),
                             [](const std::string& cap) { return !is_scenario(cap); }),
              found.end());
  const auto others = models_with(catalogue, wanted);
  const auto overrides = needed_overrides(config);
  throw Error("unsupported",
              "model " + config.model->name + ": expected support for " + wanted + ", found " +
                  (found.empty() ? "no scenario" : joined(found)),
              (overrides.empty() ? "" : "add " + overrides + ", or ") +
                  (others.empty()
                       ? "install a model with " + wanted
                       : "use one of the installed models with " + wanted + ": " + joined(others)),
              kExitUsage);
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
  schema.stream.imply = imply_scenario;
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

Learner read_learner(const ResolvedComponent& model) {
  Learner learner;
  learner.trains = holds(model, "never-trains")  ? Trains::kNever
                   : holds(model, "trains-once") ? Trains::kLastTask
                                                 : Trains::kEachTask;
  learner.zero_shot = !holds(model, "no-zero-shot");
  return learner;
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
  const std::string wanted(name(scenario));
  require_scenario(config, wanted, catalogue);
  if (lacks_gates(model, *config.backbone->factory.component)) {
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
                declares(model, "task-il") ? "set stream.scenario=task-il, or head=fixed"
                                           : "set head=fixed",
                kExitUsage);
  }
}

}  // namespace clh::core
