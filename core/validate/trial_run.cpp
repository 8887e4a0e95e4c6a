#include "core/validate/trial_run.hpp"

#include <utility>

#include "core/abi/capabilities.hpp"
#include "core/validate/probe_plugin.hpp"

namespace clh::core {
namespace {

constexpr const char* kSettingNames[] = {"class-il", "domain-il", "task-il", "task-free"};

std::vector<std::string> stream_words(Setting setting) {
  std::vector<std::string> words = {std::string("stream.scenario=") +
                                    kSettingNames[static_cast<int>(setting)]};
  if (setting == Setting::kDomainIl) {
    words.insert(words.end(), {"stream=permuted", "stream.tasks=2"});
  } else {
    words.insert(words.end(), {"stream=class-split", "stream.classes-per-task=[2]"});
  }
  return words;
}

std::vector<std::string> words_of(Workshop& workshop, const ProvidedComponent& provided,
                                  const TrialForm& form) {
  auto words = stream_words(form.setting);
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

std::vector<Setting> settings_of(const clh_component& model) {
  std::vector<Setting> settings;
  for (int i = 0; i < 4; ++i) {
    if (declares(model, kSettingNames[i])) {
      settings.push_back(static_cast<Setting>(i));
    }
  }
  return settings;
}

}  // namespace clh::core
