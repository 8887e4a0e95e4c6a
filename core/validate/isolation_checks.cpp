// Isolation: the same seed gives the same bits, whatever else is in the process, and what belongs
// to the host stays as it was.
#include "core/abi/capabilities.hpp"
#include "core/error.hpp"
#include "core/state/state_difference.hpp"
#include "core/text/identifiers.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/specimen.hpp"

namespace clh::core {
namespace {

std::unique_ptr<StateRecord> outcome_of(Specimen& specimen) {
  auto record = std::make_unique<StateRecord>();
  specimen.outcome(*record);
  return record;
}

std::unique_ptr<StateRecord> outcome_at_end(Workshop& workshop, const ProvidedComponent& provided,
                                            std::uint64_t seed) {
  const auto specimen = make_small_specimen(workshop, provided, seed);
  specimen->run_to_end();
  return outcome_of(*specimen);
}

std::string check_same_seed(Workshop& workshop, const ProvidedComponent& provided) {
  const auto first = outcome_at_end(workshop, provided, workshop.seed());
  const auto second = outcome_at_end(workshop, provided, workshop.seed());
  const auto found = state_difference(*first, *second);
  expect(found.empty(), "the same bits from the same seed", found);
  return "";
}

std::string check_other_seed(Workshop& workshop, const ProvidedComponent& provided) {
  const auto first = outcome_at_end(workshop, provided, workshop.seed());
  const auto second = outcome_at_end(workshop, provided, workshop.seed() + 1);
  // The streams' own positions say whether anything was drawn at all.
  if (state_difference(*first, *second).empty()) {
    throw CheckSkipped{"it draws nothing: another seed gives the same bits"};
  }
  return "";
}

std::string check_independent(Workshop& workshop, const ProvidedComponent& provided) {
  const auto alone = outcome_at_end(workshop, provided, workshop.seed());
  const auto other = make_small_specimen(workshop, provided, workshop.seed() + 1);
  const auto beside = make_small_specimen(workshop, provided, workshop.seed());
  for (bool more = true, other_more = true; more || other_more;) {
    other_more = other_more && other->move();
    more = more && beside->move();
  }
  const auto found = state_difference(*alone, *outcome_of(*beside));
  expect(found.empty(), "the same bits beside a second instance (no static state)", found);
  return "";
}

std::string check_process(Workshop& workshop, const ProvidedComponent& provided) {
  const auto specimen = make_small_specimen(workshop, provided, workshop.seed());
  const auto process = ProcessState::now();
  auto torch = TorchState::now();
  specimen->run_to_end();
  const auto torch_after = TorchState::now();
  if (declares(workshop.component(provided), "global-rng")) {
    torch.generator = torch_after.generator;
  }
  auto found =
      difference(process, ProcessState::now(),
                 {"environment", "locale", "directory", "signals", "descriptors", "float-mode"});
  const auto of_torch = difference(torch, torch_after);
  found += (found.empty() || of_torch.empty() ? "" : "; ") + of_torch;
  expect(found.empty(), "process and LibTorch as they were before (rule R15)", found);
  return "";
}

std::string check_silent(Workshop& workshop, const ProvidedComponent& provided) {
  make_small_specimen(workshop, provided, workshop.seed())->run_to_end();
  // Everything since the load counts.
  const auto printed = workshop.subject().printed();
  expect(printed.empty(), "nothing on standard output and error (use the host's log)",
         '"' + printable(printed) + '"');
  return "";
}

}  // namespace

std::vector<ComponentCheck> isolation_checks() {
  return {
      {"behave.same-seed", "the same bits from the same seed", check_same_seed},
      {"behave.other-seed", "other bits from another seed, where it draws at all",
       check_other_seed},
      {"behave.independent", "the same bits beside a second instance", check_independent},
      {"behave.process", "process and LibTorch unchanged by a whole run", check_process},
      {"behave.silent", "nothing printed", check_silent},
  };
}

}  // namespace clh::core
