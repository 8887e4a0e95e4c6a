#include "core/validate/table_checks.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/abi/adopted_component.hpp"
#include "core/abi/capabilities.hpp"
#include "core/abi/scenario.hpp"
#include "core/error.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

/// Beside the scenarios.
constexpr std::array<std::string_view, 12> kKnownCapabilities = {
    "needs:task-count", "needs:gates", "deterministic", "parallel-get", "cuda",
    "semi-supervised",  "no-state",    "no-network",    "global-rng",   "no-zero-shot",
    "trains-once",      "never-trains"};

/// Whether a capability is one of this ABI; one with a condition must name an option of its own.
bool is_known(const clh_component& component, const std::string& capability) {
  const auto conditional = conditional_capability(capability);
  const auto& name = conditional ? conditional->name : capability;
  bool has_option = !conditional;
  for (std::uint32_t i = 0; conditional && i < component.n_params; ++i) {
    has_option = has_option || param_at(component, i).name == conditional->option;
  }
  return is_scenario(name) ||
         (has_option && std::find(kKnownCapabilities.begin(), kKnownCapabilities.end(), name) !=
                            kKnownCapabilities.end());
}

std::string label(const clh_component& component) {
  return std::string(kind_name(component.kind)) + ":" + component.id;
}

template <class Visit>
void for_each_component(Subject& subject, Visit&& visit) {
  const auto& plugin = subject.table();
  for (std::uint32_t i = 0; i < plugin.n_components; ++i) {
    visit(*plugin.components[i]);
  }
}

/// Runs the check that the loader makes, and fails for errors with one of these slugs.
std::string check_loader(Subject& subject, const std::vector<std::string>& slugs) {
  try {
    check_table(subject.table(), subject.note(), subject.torch(), subject.path().string());
  } catch (const Error& e) {
    if (std::find(slugs.begin(), slugs.end(), e.slug()) != slugs.end()) {
      std::string text = e.what();
      const auto found = text.find(", found ");
      const auto start = text.find(": expected ");
      if (found != std::string::npos && start != std::string::npos && start < found) {
        throw CheckFailed{text.substr(start + 11, found - start - 11), text.substr(found + 8)};
      }
      throw;
    }
  }
  return "";
}

std::string check_sizes(Subject& subject) {
  const auto& plugin = subject.table();
  const auto check = [](const std::string& what, const void* table, std::uint32_t size) {
    expect(is_readable(table, sizeof(std::uint32_t)), what, "no memory there");
    std::uint32_t found = 0;
    std::memcpy(&found, table, sizeof found);
    expect(found >= size, what + " of at least " + std::to_string(size) + " bytes",
           std::to_string(found) + " bytes");
    expect(is_readable(table, size), what + " of " + std::to_string(size) + " readable bytes",
           "fewer");
  };
  check("a plugin table", &plugin, sizeof(clh_plugin));
  expect(is_readable(plugin.components, sizeof(void*) * plugin.n_components),
         "a list of components", "no memory there");
  for_each_component(subject, [&](const clh_component& component) {
    check("a component table", &component, sizeof(clh_component));
    for (std::uint32_t i = 0; i < component.n_params; ++i) {
      const auto* option = reinterpret_cast<const unsigned char*>(component.params) +
                           static_cast<std::size_t>(i) * component.params[0].struct_size;
      check("an option of " + printable(component.id), reinterpret_cast<const clh_param*>(option),
            kFirstParamSize);
    }
  });
  return "";
}

std::string check_valid(Subject& subject) {
  return check_loader(subject, {"bad-table", "abi-mismatch"});
}
std::string check_announced_table(Subject& subject) {
  return check_loader(subject, {"table-mismatch"});
}
std::string check_torch_sizes(Subject& subject) {
  return check_loader(subject, {"torch-mismatch"});
}

void expect_line(const std::string& what, const char* text) {
  expect(text != nullptr && text[0] != '\0', what, "none");
  expect(std::strpbrk(text, "\n\r\t") == nullptr, what + " on one line", "several lines");
}

std::string check_texts(Subject& subject) {
  expect_line("a license", subject.table().license);
  for_each_component(subject, [](const clh_component& component) {
    expect_line(label(component) + " with a title", component.title);
    expect_line(label(component) + " with a text", component.doc);
    for (std::uint32_t i = 0; i < component.n_params; ++i) {
      const auto option = param_at(component, i);
      const auto what = "option " + std::string(option.name);
      expect_line(what + " with a text", option.doc);
      if (option.unit != nullptr) {
        expect_line(what + "'s unit", option.unit);
      }
    }
  });
  return "";
}

void check_option(const clh_param& option) {
  const std::string what = std::string("option ") + option.name;
  const bool has_min = (option.flags & CLH_HAS_MIN) != 0;
  const bool has_max = (option.flags & CLH_HAS_MAX) != 0;
  const bool open = (option.flags & (CLH_OPEN_MIN | CLH_OPEN_MAX)) != 0;
  expect(has_min || (option.flags & CLH_OPEN_MIN) == 0,
         what + " with the bound that it leaves open", "an open minimum without a minimum");
  expect(has_max || (option.flags & CLH_OPEN_MAX) == 0,
         what + " with the bound that it leaves open", "an open maximum without a maximum");
  if (has_min && has_max) {
    expect(open ? option.min < option.max : option.min <= option.max, what + " with some room",
           "a minimum of " + std::to_string(option.min) + " and a maximum of " +
               std::to_string(option.max));
  }
  const bool numeric = option.type == CLH_INT || option.type == CLH_REAL ||
                       option.type == CLH_INT_LIST || option.type == CLH_REAL_LIST;
  expect(numeric || (!has_min && !has_max), what + " with bounds only if it is a number",
         "bounds for another type");
  if (option.type == CLH_CHOICE) {
    std::vector<std::string> seen;
    for (int i = 0; option.choices[i] != nullptr; ++i) {
      const std::string choice = option.choices[i];
      expect(is_kebab_case(choice), what + " with kebab-case choices", printable(choice));
      expect(std::find(seen.begin(), seen.end(), choice) == seen.end(),
             what + " with each choice once", choice + " twice");
      seen.push_back(choice);
    }
  }
}

std::string check_options(Subject& subject) {
  std::uint32_t count = 0;
  for_each_component(subject, [&](const clh_component& component) {
    for (std::uint32_t i = 0; i < component.n_params; ++i, ++count) {
      check_option(param_at(component, i));
    }
  });
  return count == 1 ? "1 option" : std::to_string(count) + " options";
}

std::string check_capabilities(Subject& subject) {
  for_each_component(subject, [](const clh_component& component) {
    std::vector<std::string> seen;
    for (const auto& capability : capabilities(component)) {
      expect(is_known(component, capability) || capability.find('.') != std::string::npos,
             "capabilities of this ABI, or in a reverse domain such as org.example.fast",
             printable(capability));
      expect(std::find(seen.begin(), seen.end(), capability) == seen.end(), "each capability once",
             capability + " twice");
      seen.push_back(capability);
    }
  });
  return "";
}

std::string check_unknown(Subject& subject) {
  const auto ask = [](const std::string& who, const void* (*get)(const char*)) {
    if (get == nullptr) {
      return;
    }
    std::vector<std::string> ids = {"", "clh", "clh.state", "clh.nothing/1",
                                    "org.example.nothing/1"};
    for (const auto& form : extension_forms()) {
      ids.push_back(std::string(form.id) + "0");
      ids.push_back(std::string(form.id) + " ");
      ids.push_back(std::string(form.id, std::strlen(form.id) - 1));
    }
    for (const char* id : {"clh.torch/10", "clh.torch/", "CLH.TORCH/1"}) {
      ids.emplace_back(id);
    }
    for (const auto& id : ids) {
      expect(get(id.c_str()) == nullptr,
             "no answer of " + who + " to the unknown extension \"" + id + '"', "a table");
    }
  };
  ask("the plugin", subject.table().get_extension);
  for_each_component(subject, [&](const clh_component& component) {
    ask(label(component), component.get_extension);
  });
  return "";
}

std::string check_extensions(Subject& subject) {
  std::string offered;
  for_each_component(subject, [&](const clh_component& component) {
    for (const auto& form : extension_forms()) {
      const void* table =
          component.get_extension == nullptr ? nullptr : component.get_extension(form.id);
      if (table == nullptr) {
        continue;
      }
      expect(form.kind == 0 || form.kind == component.kind,
             std::string(form.id) + " only from a " + kind_name(form.kind), label(component));
      check_function_table(std::string(form.id) + " of " + label(component), table, form.size);
      offered += (offered.empty() ? "" : ", ") + std::string(form.id);
    }
  });
  return offered;
}

std::string check_functions(Subject& subject) {
  const auto check = [](const std::string& what, const void* function, bool required) {
    expect(!required || function != nullptr, what, "none");
    expect(function == nullptr || is_executable(function), what + " that is code",
           "an address without code");
  };
  const auto& plugin = subject.table();
  check("get_extension", reinterpret_cast<const void*>(plugin.get_extension), false);
  check("shutdown", reinterpret_cast<const void*>(plugin.shutdown), false);
  for_each_component(subject, [&](const clh_component& component) {
    check("create of " + label(component), reinterpret_cast<const void*>(component.create), true);
    check("get_extension of " + label(component),
          reinterpret_cast<const void*>(component.get_extension), false);
  });
  return "";
}

}  // namespace

std::vector<Check> table_checks(Subject& subject) {
  const auto check = [&](const char* name, const char* promise, std::string (*function)(Subject&),
                         bool gate = false) {
    return Check{name, "", promise, gate, [&subject, function] { return function(subject); }};
  };
  return {
      check("tables.sizes", "tables as long as this ABI's and as they say", check_sizes, true),
      check("tables.valid", "legal ids, options and defaults", check_valid, true),
      check("tables.note", "the table that the note announces", check_announced_table, true),
      check("tables.torch", "LibTorch objects of this host's sizes", check_torch_sizes, true),
      check("tables.functions", "pointers to code", check_functions, true),
      check("tables.texts", "every text there and on one line", check_texts),
      check("tables.options", "bounds and choices that leave room", check_options),
      check("tables.capabilities", "known capabilities", check_capabilities),
      check("tables.unknown", "no answer to unknown extensions", check_unknown),
      check("tables.extensions", "whole tables behind the extensions", check_extensions),
  };
}

}  // namespace clh::core
