// Options: the component can be created at its defaults, at every bound and anywhere between, and
// the host can refuse what lies outside.
#include <clh/error.hpp>

#include <algorithm>
#include <cmath>

#include "core/abi/instance_table.hpp"
#include "core/error.hpp"
#include "core/random/draws.hpp"
#include "core/random/rng_streams.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/raw_instance.hpp"
#include "core/validate/specimen.hpp"
#include "core/validate/table_checks.hpp"

namespace clh::core {
namespace {

constexpr int kFuzzed = 12;
/// A larger value of a count is a matter of memory, not of the contract.
constexpr double kLargeCount = 64;

std::string shown(const ConfigTable& options) {
  std::string text;
  for (const auto& entry : options.entries()) {
    text += (text.empty() ? "" : " ") + entry.key + "=" + value_text(entry.value);
  }
  return text.empty() ? "default options" : text;
}

/// Creates the component. `must`: a refusal in the user's words is a fault too.
void try_options(Workshop& workshop, const ProvidedComponent& provided, const ConfigTable& options,
                 bool must) {
  try {
    make_specimen(workshop, provided, workshop.seed(), options);
  } catch (const CheckSkipped&) {
    throw;
  } catch (const CheckFailed& e) {
    throw CheckFailed{"an instance with " + shown(options), e.found};
  } catch (const StatusError& e) {
    const bool refusal = e.code == CLH_E_INVALID || e.code == CLH_E_UNSUPPORTED;
    if (must || !refusal) {
      throw CheckFailed{"an instance with " + shown(options), e.what()};
    }
  } catch (const Error& e) {
    if (must || e.exit_code() != kExitUsage) {
      throw CheckFailed{"an instance with " + shown(options), e.what()};
    }
  }
}

ConfigValue value_of(const clh_param& option, double x) {
  return option.type == CLH_INT ? ConfigValue{static_cast<std::int64_t>(x)} : ConfigValue{x};
}

bool is_number(const clh_param& option) {
  return option.type == CLH_INT || option.type == CLH_REAL;
}

/// The values of an option that deserve a try of their own.
std::vector<ConfigValue> bounds_of(const clh_param& option) {
  std::vector<ConfigValue> values;
  const bool has_min = (option.flags & CLH_HAS_MIN) != 0 && (option.flags & CLH_OPEN_MIN) == 0;
  const bool has_max = (option.flags & CLH_HAS_MAX) != 0 && (option.flags & CLH_OPEN_MAX) == 0;
  if (is_number(option)) {
    if (has_min) {
      values.push_back(value_of(option, option.min));
    }
    if (has_max && (option.type == CLH_REAL || option.max <= kLargeCount)) {
      values.push_back(value_of(option, option.max));
    }
  } else if (option.type == CLH_BOOL) {
    values = {ConfigValue{true}, ConfigValue{false}};
  }
  for (int i = 0; option.type == CLH_CHOICE && option.choices[i] != nullptr; ++i) {
    values.push_back(ConfigValue{std::string(option.choices[i])});
  }
  return values;
}

std::string check_create(Workshop& workshop, const ProvidedComponent& provided) {
  try_options(workshop, provided, {}, true);
  return "";
}

std::string check_instance_table(Workshop& workshop, const ProvidedComponent& provided) {
  RawInstance raw(workshop, provided);
  const auto kind = kind_of(provided.kind);
  const auto what = "the table of " + provided.kind + ":" + provided.name;
  check_function_table(what, raw.object().vtable, RawInstance::table_size(kind));
  expect(InstanceTable(kind, raw.object().vtable).defect().empty(),
         what + " with its required functions", InstanceTable(kind, raw.object().vtable).defect());
  const auto& own = workshop.library().given(workshop.component(provided));
  expect(raw.object().component == nullptr || raw.object().component == &own,
         "its own component in the instance", "another");
  return "";
}

std::string check_bounds(Workshop& workshop, const ProvidedComponent& provided) {
  const auto& component = workshop.component(provided);
  int tried = 0;
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    for (const auto& value : bounds_of(component.params[i])) {
      ConfigTable options;
      options.set(component.params[i].name, value);
      try_options(workshop, provided, options, false);
      ++tried;
    }
  }
  return std::to_string(tried) + " values";
}

/// A value inside the bounds, below kLargeCount for counts.
ConfigValue draw(const clh_param& option, double part) {
  const auto choices = bounds_of(option);
  if (!is_number(option)) {
    return choices[std::min(choices.size() - 1,
                            static_cast<std::size_t>(part * static_cast<double>(choices.size())))];
  }
  const double def = option.type == CLH_INT ? static_cast<double>(option.def.u.i) : option.def.u.r;
  double low = (option.flags & CLH_HAS_MIN) != 0 ? option.min : std::min(def, 0.0) - 1;
  double high = (option.flags & CLH_HAS_MAX) != 0 ? option.max : std::max(2 * def, low + 2);
  if (option.type == CLH_INT) {
    low += (option.flags & CLH_OPEN_MIN) != 0 ? 1 : 0;
    high = std::max(
        low, std::min(high - ((option.flags & CLH_OPEN_MAX) != 0 ? 1 : 0), low + kLargeCount));
    return value_of(option, std::floor(low + part * (high - low + 0.999)));
  }
  // Strictly inside, whether the bounds are open or not.
  return value_of(option, low + (0.001 + 0.998 * part) * (high - low));
}

std::string check_fuzzed(Workshop& workshop, const ProvidedComponent& provided) {
  const auto& component = workshop.component(provided);
  SequentialStream dice(derive_key(workshop.seed(), "validate", "options"));
  int tried = 0;
  for (int round = 0; round < kFuzzed; ++round) {
    ConfigTable options;
    for (std::uint32_t i = 0; i < component.n_params; ++i) {
      const auto& option = component.params[i];
      if (is_number(option) || option.type == CLH_BOOL || option.type == CLH_CHOICE) {
        options.set(option.name, draw(option, uniform(dice)));
      }
    }
    if (!options.entries().empty()) {
      try_options(workshop, provided, options, false);
      ++tried;
    }
  }
  return std::to_string(tried) + " combinations";
}

std::string check_outside(Workshop& workshop, const ProvidedComponent& provided) {
  const auto& component = workshop.component(provided);
  int tried = 0;
  const auto refuse = [&](const clh_param& option, const ConfigValue& value) {
    ConfigTable options;
    options.set(option.name, value);
    ++tried;
    try {
      Bench(workshop, workshop.seed())
          .choose(component.kind, workshop.full_name(provided), options);
    } catch (const Error& e) {
      if (e.exit_code() == kExitUsage) {
        return;
      }
    }
    throw CheckFailed{"a refusal of " + shown(options), "it accepted"};
  };
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& option = component.params[i];
    if (is_number(option) && (option.flags & CLH_HAS_MIN) != 0) {
      refuse(option, value_of(option, option.min - 1));
      if ((option.flags & CLH_OPEN_MIN) != 0) {
        refuse(option, value_of(option, option.min));
      }
    }
    if (is_number(option) && (option.flags & CLH_HAS_MAX) != 0) {
      refuse(option, value_of(option, option.max + 1));
    }
    if (option.type == CLH_CHOICE) {
      refuse(option, ConfigValue{std::string("no-such-choice")});
    }
  }
  return std::to_string(tried) + " values";
}

}  // namespace

std::vector<ComponentCheck> option_checks() {
  return {
      {"behave.create", "an instance at default options", check_create},
      {"behave.table", "a whole table of functions with the required ones", check_instance_table},
      {"behave.bounds", "an instance at each bound and choice, or an error in the user's words",
       check_bounds},
      {"behave.fuzzed", "an instance anywhere inside, or an error in the user's words",
       check_fuzzed},
      {"behave.outside", "a refusal of what lies outside", check_outside},
  };
}

}  // namespace clh::core
