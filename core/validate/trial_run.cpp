#include "core/validate/trial_run.hpp"

#include <utility>

#include "core/validate/check.hpp"
#include "core/validate/probe_plugin.hpp"

namespace clh::core {
namespace {

std::vector<std::string> stream_words(Scenario scenario) {
  std::vector<std::string> words = {"stream.scenario=" + std::string(name(scenario))};
  if (scenario == Scenario::kDomainIl) {
    words.insert(words.end(), {"stream=permuted", "stream.tasks=2"});
  } else {
    words.insert(words.end(), {"stream=class-split", "stream.classes-per-task=[2]"});
  }
  return words;
}

std::vector<std::string> words_of(Workshop& workshop, const ProvidedComponent& provided,
                                  const TrialForm& form) {
  auto words = stream_words(form.scenario);
  words.insert(words.end(),
               {"benchmark=none", "run.record=false", "optimizer=sgd", "optimizer.lr=0.05",
                "eval.batch-size=16", "head=" + form.head, "run.seed=" + std::to_string(form.seed),
                "train.batch-size=" + std::to_string(form.batch_size)});
  constexpr std::pair<const char*, const char*> kProbes[] = {
      {"dataset", kProbeDataset}, {"backbone", kProbeBackbone}, {"model", kProbeModel}};
  for (const auto& [kind, name] : kProbes) {
    words.push_back(std::string(kind) + "=" +
                    (provided.kind == kind ? workshop.full_name(provided) : name));
  }
  if (provided.kind != "dataset") {
    words.push_back("dataset.shape=" + form.shape);
  }
  for (const auto& option : form.options.entries()) {
    words.push_back(provided.kind + "." + option.key + "=" + value_text(option.value));
  }
  return words;
}

}  // namespace

TrialRun::TrialRun(Workshop& workshop, const ProvidedComponent& provided, const TrialForm& form) {
  ConfigInputs inputs;
  inputs.overrides = words_of(workshop, provided, form);
  config_ = resolve_config(config_schema(workshop.library()), inputs);
  experiment_ = std::make_unique<Experiment>(config_, workshop.catalogue(), workshop.library(),
                                             workshop.log(), nullptr);
  loop_ = std::make_unique<TaskLoop>(experiment_->loop(losses_));
}

void TrialRun::train_to(std::int64_t steps) {
  while (!loop_->done() && (steps < 0 || loop_->steps() < steps)) {
    loop_->advance();
  }
}

Scenario first_scenario_of(const clh_component& model) {
  const auto scenarios = scenarios_of(model);
  expect(!scenarios.empty(), "a model with one of " + all_scenarios(),
         "none among its capabilities");
  return scenarios.front();
}

}  // namespace clh::core
