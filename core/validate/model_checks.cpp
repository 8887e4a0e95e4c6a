// Models: two small tasks under the real loop, in every scenario that they declare.
#include <clh/error.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>

#include <cmath>

#include "core/abi/capabilities.hpp"
#include "core/abi/scenario.hpp"
#include "core/error.hpp"
#include "core/state/state_difference.hpp"
#include "core/validate/bad_inputs.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/raw_instance.hpp"
#include "core/validate/trial_run.hpp"

namespace clh::core {
namespace {

bool has_network(Workshop& workshop, const ProvidedComponent& provided) {
  return !declares(workshop.component(provided), "no-network");
}

TrialForm first_form(Workshop& workshop, const ProvidedComponent& provided) {
  TrialForm form;
  form.scenario = first_scenario_of(workshop.component(provided));
  form.seed = workshop.seed();
  return form;
}

/// The heads that a scenario can have, the first one of which every model must bear.
std::vector<std::string> heads_of(Scenario scenario) {
  switch (scenario) {
    case Scenario::kClassIl:
      return {"fixed", "incremental"};
    case Scenario::kTaskIl:
      return {"multi-head", "fixed"};
    default:
      return {"fixed"};
  }
}

std::string text_of(const TrialForm& form) {
  return std::string(name(form.scenario)) + ", head " + form.head + ", batches of " +
         std::to_string(form.batch_size);
}

void check_run(Workshop& workshop, const ProvidedComponent& provided, const TrialForm& form,
               const std::string& where) {
  TrialRun run(workshop, provided, form);
  run.train();
  for (const double loss : run.losses()) {
    expect(std::isfinite(loss), "a finite loss (" + where + ")", std::to_string(loss));
  }
  for (const auto& [name, matrix] : run.experiment().matrices()) {
    expect(matrix.complete(1), "predictions for every task (" + where + ")",
           "none for some in " + name);
  }
  if (auto* network = run.experiment().network()) {
    expect(network->arena().values().isfinite().all().item<bool>(),
           "finite parameters (" + where + ")", "others");
  }
}

std::string check_batches(Workshop& workshop, const ProvidedComponent& provided) {
  int runs = 0;
  auto form = first_form(workshop, provided);
  for (const auto scenario : scenarios_of(workshop.component(provided))) {
    form.scenario = scenario;
    for (const auto& head : heads_of(scenario)) {
      form.head = head;
      for (const std::int64_t batch : {1, 7, 13}) {
        form.batch_size = batch;
        const auto where = text_of(form);
        try {
          check_run(workshop, provided, form, where);
          ++runs;
        } catch (const Error& e) {
          if (e.slug() != "unsupported") {
            throw CheckFailed{"two tasks to the end (" + where + ")", e.what()};
          }
        }
      }
    }
  }
  expect(runs > 0, "a scenario in which it trains", "none");
  return std::to_string(runs) + " runs of two tasks";
}

at::Tensor pictures(std::int64_t n) {
  return at::linspace(0, 1, n * 36).view({n, 1, 6, 6});
}

std::string check_predict(Workshop& workshop, const ProvidedComponent& provided) {
  TrialRun run(workshop, provided, first_form(workshop, provided));
  run.train_to(3);
  const auto& model = run.experiment().model();
  if (!model.predicts()) {
    throw CheckSkipped{"it leaves prediction to the network"};
  }
  const auto* network = run.experiment().network();
  if (network != nullptr) {
    network->set_training(false);
  }
  model.set_training(false);
  StateRecord before, after;
  save_state(run.loop(), before);
  const auto x = pictures(5);
  at::Tensor first, second;
  {
    const at::NoGradGuard no_grad;
    const clh_query query{sizeof(clh_query), -1, lend(x)};
    first = model.predict(query);
    second = model.predict(query);
  }
  save_state(run.loop(), after);
  expect(first.dim() == 2 && first.size(0) == 5, "outputs [5, C]", c10::str(first.sizes()));
  expect(!first.requires_grad(), "outputs without gradient", "some with");
  expect(first.isfinite().all().item<bool>(), "finite outputs", "others");
  expect(at::equal(first, second), "the same outputs at a second call", "others");
  const auto found = state_difference(before, after);
  expect(found.empty(), "a prediction that changes nothing", found);
  return "";
}

std::string check_arena(Workshop& workshop, const ProvidedComponent& provided) {
  if (!has_network(workshop, provided)) {
    throw CheckSkipped{"it has no network"};
  }
  TrialRun run(workshop, provided, first_form(workshop, provided));
  run.train();
  auto& arena = run.experiment().network()->arena();
  arena.reattach();
  for (std::size_t i = 0; i < arena.leaves().size(); ++i) {
    const auto& slot = arena.slots()[i];
    expect(arena.leaves()[i].data_ptr<float>() == arena.values().data_ptr<float>() + slot.offset,
           std::string("parameter ") + slot.name + " in the host's arena (rule R13)", "elsewhere");
    expect(arena.leaves()[i].numel() == slot.count,
           std::string("parameter ") + slot.name + " of its size (rule R13)", "another");
  }
  return std::to_string(arena.leaves().size()) + " parameters";
}

/// What one bad batch came to.
struct Answer {
  clh_status status = CLH_OK;
  clh_error error = empty_error();
  double loss = 0.0;
};

constexpr double kUntouched = 12345.0;

Answer observe(Workshop& workshop, const ProvidedComponent& provided, const BadBatch& bad) {
  TrialRun run(workshop, provided, first_form(workshop, provided));
  run.train_to(1);
  const auto& instance = run.experiment().model().instance();
  clh_batch batch{};
  batch.struct_size = sizeof batch;
  batch.index = batch.step = 1;
  batch.per_epoch = 2;
  batch.x = lend(bad.inputs);
  batch.raw = lend(bad.raw);
  batch.y = lend(bad.labels);
  batch.ids = lend(bad.ids);
  Answer answer;
  answer.loss = kUntouched;
  answer.status =
      instance.table<clh_model_vt>().observe(instance.self(), &batch, &answer.loss, &answer.error);
  return answer;
}

std::string check_model_bad_input(Workshop& workshop, const ProvidedComponent& provided) {
  const bool reads = has_network(workshop, provided);
  for (const auto& bad : bad_batches()) {
    const auto answer = observe(workshop, provided, bad);
    // A model without a network may look at labels alone.
    const bool noticed = answer.status != CLH_OK || !std::isfinite(answer.loss);
    expect(noticed || !reads, "an error or a loss that is not finite for " + bad.what,
           "a loss of " + std::to_string(answer.loss));
  }
  return std::to_string(bad_batches().size()) + " batches";
}

std::string check_out_params(Workshop& workshop, const ProvidedComponent& provided) {
  int failures = 0;
  for (const auto& bad : bad_batches()) {
    const auto answer = observe(workshop, provided, bad);
    if (answer.status != CLH_OK) {
      ++failures;
      expect_failure_form("observe with " + bad.what, answer.status, answer.error);
      expect(answer.loss == kUntouched, "the loss untouched by a failing observe (rule R4)",
             std::to_string(answer.loss));
    }
  }
  if (failures == 0) {
    throw CheckSkipped{"no call failed"};
  }
  return std::to_string(failures) + " failing calls";
}

/// Which a host could not have foreseen. Errors: CheckFailed.
std::string check_relations(Workshop& workshop, const ProvidedComponent& provided) {
  const auto& component = workshop.component(provided);
  int tried = 0;
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& option = component.params[i];
    const bool number = option.type == CLH_INT || option.type == CLH_REAL;
    if (!number || (option.flags & CLH_HAS_MIN) == 0 || (option.flags & CLH_OPEN_MIN) != 0) {
      continue;
    }
    auto form = first_form(workshop, provided);
    form.head = form.scenario == Scenario::kClassIl ? "incremental" : heads_of(form.scenario)[0];
    form.options.set(option.name, option.type == CLH_INT
                                      ? ConfigValue{static_cast<std::int64_t>(option.min)}
                                      : ConfigValue{option.min});
    try {
      TrialRun run(workshop, provided, form);
      ++tried;
      run.train();
    } catch (const Error& e) {
      const std::string text = e.what();
      if (e.exit_code() == kExitUsage && text.find(" in begin_task") != std::string::npos) {
        throw CheckFailed{std::string("a relation of ") + option.name +
                              " to the plan (at_least), by which the host refuses it before the "
                              "first step (rule R12)",
                          text};
      }
    }
  }
  return std::to_string(tried) + " values";
}

}  // namespace

std::vector<ComponentCheck> model_checks() {
  return {
      {"behave.batches",
       "finite losses and predictions in two tasks of batches 1, 7, 13 and a rest", check_batches},
      {"behave.relations", "no refusal in a later task that options' relations could have told",
       check_relations},
      {"behave.predict", "a prediction that changes nothing", check_predict},
      {"behave.arena", "every parameter in the host's arena", check_arena},
      {"behave.bad-input", "an error or no finite loss for bad batches", check_model_bad_input},
      {"behave.out-params", "nothing written by a failing call", check_out_params},
  };
}

}  // namespace clh::core
