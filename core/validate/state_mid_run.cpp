#include "core/validate/state_mid_run.hpp"

#include "core/abi/capabilities.hpp"
#include "core/validate/check.hpp"

namespace clh::core {

std::unique_ptr<Specimen> fresh(Workshop& workshop, const ProvidedComponent& provided) {
  return make_small_specimen(workshop, provided, workshop.seed());
}

std::unique_ptr<StateRecord> saved(Specimen& specimen) {
  auto record = std::make_unique<StateRecord>();
  specimen.save(*record);
  return record;
}

std::unique_ptr<StateRecord> state_mid_run(Workshop& workshop, const ProvidedComponent& provided) {
  if (declares(workshop.component(provided), "no-state")) {
    throw CheckSkipped{"it declares no-state"};
  }
  std::int64_t length = 1;
  for (const auto whole = fresh(workshop, provided); whole->move();) {
    ++length;
  }
  const auto specimen = fresh(workshop, provided);
  for (std::int64_t i = 0; i < (length + 1) / 2; ++i) {
    specimen->move();
  }
  return saved(*specimen);
}

}  // namespace clh::core
