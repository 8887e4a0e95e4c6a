#include "core/validate/specimen.hpp"

#include <clh/error.hpp>

#include <algorithm>

#include "core/error.hpp"
#include "core/validate/check.hpp"

namespace clh::core {

ConfigTable small_options(const clh_component& component) {
  constexpr std::int64_t kLarge = 16, kSmall = 8;
  ConfigTable options;
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& option = component.params[i];
    const bool large = option.type == CLH_INT && option.def.u.i > kLarge;
    const auto least = (option.flags & CLH_HAS_MIN) != 0 ? option.min + 1 : 0.0;
    if (large && least <= static_cast<double>(option.def.u.i)) {
      options.set(option.name, ConfigValue{std::max(kSmall, static_cast<std::int64_t>(least))});
    }
  }
  return options;
}

std::unique_ptr<Specimen> make_small_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                              std::uint64_t seed) {
  try {
    return make_specimen(workshop, provided, seed, small_options(workshop.component(provided)));
  } catch (const CheckFailed&) {
  } catch (const Error&) {
  } catch (const StatusError&) {
  }
  return make_specimen(workshop, provided, seed);
}

std::unique_ptr<Specimen> make_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                        std::uint64_t seed, const ConfigTable& options) {
  switch (kind_of(provided.kind)) {
    case CLH_DATASET:
      return make_dataset_specimen(workshop, provided, seed, options);
    case CLH_ENCODER:
      return make_encoder_specimen(workshop, provided, seed, options);
    case CLH_NODE:
    case CLH_LAYER:
      return make_lut_specimen(workshop, provided, seed, options);
    default:
      return make_trial_specimen(workshop, provided, seed, options);
  }
}

}  // namespace clh::core
