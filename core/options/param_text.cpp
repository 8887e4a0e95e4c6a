#include "core/options/param_text.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/text/word_list.hpp"

namespace clh::core {
namespace {

std::vector<std::string> names_of(const char* const* list) {
  std::vector<std::string> names;
  for (; list != nullptr && *list != nullptr; ++list) {
    names.emplace_back(*list);
  }
  return names;
}

}  // namespace

bool has_no_default(const clh_param& param) {
  return (param.flags & CLH_OPTIONAL) != 0 && param.def.n == 0;
}

std::vector<std::string> choice_names(const clh_param& param) {
  return names_of(param.choices);
}

ConfigValue default_value(const clh_param& param) {
  const clh_value& def = param.def;
  const auto text = [&def] { return std::string(def.u.s == nullptr ? "" : def.u.s); };
  ConfigList list;
  switch (param.type) {
    case CLH_BOOL:
      return {def.u.i != 0};
    case CLH_INT:
      return {def.u.i};
    case CLH_REAL:
      return {def.u.r};
    case CLH_CHOICE: {
      const auto names = choice_names(param);
      return {names.at(static_cast<std::size_t>(def.u.i))};
    }
    case CLH_INT_LIST:
      for (std::uint32_t i = 0; i < def.n; ++i) {
        list.push_back({def.u.iv[i]});
      }
      return {std::move(list)};
    case CLH_REAL_LIST:
      for (std::uint32_t i = 0; i < def.n; ++i) {
        list.push_back({def.u.rv[i]});
      }
      return {std::move(list)};
    default:
      return {text()};
  }
}

std::string bounds_number(double bound) {
  std::string text = real_text(bound);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) {
    text.erase(text.size() - 2);
  }
  return text;
}

std::string relation_text(const clh_param& param) {
  if (param.at_least_of == 0) {
    return "";
  }
  std::string text = ">= ";
  if (param.at_least != 1) {
    text += bounds_number(param.at_least) + " x ";
  }
  text += param.at_least_of == CLH_OF_CLASSES ? "classes" : "tasks";
  if (param.when != nullptr) {
    text += std::string(" with ") + param.when + "=" + joined(names_of(param.when_choices), "|");
  }
  return text;
}

std::string bounds_text(const clh_param& param) {
  const bool open_min = (param.flags & CLH_OPEN_MIN) != 0;
  const bool open_max = (param.flags & CLH_OPEN_MAX) != 0;
  switch (param.flags & (CLH_HAS_MIN | CLH_HAS_MAX)) {
    case CLH_HAS_MIN:
      return (open_min ? "> " : ">= ") + bounds_number(param.min);
    case CLH_HAS_MAX:
      return (open_max ? "< " : "<= ") + bounds_number(param.max);
    case CLH_HAS_MIN | CLH_HAS_MAX:
      return (open_min ? "in (" : "in [") + bounds_number(param.min) + ", " +
             bounds_number(param.max) + (open_max ? ")" : "]");
    default:
      return "";
  }
}

std::string expected_text(const clh_param& param) {
  const std::string bounds = bounds_text(param);
  const std::string suffix = bounds.empty() ? "" : ' ' + bounds;
  switch (param.type) {
    case CLH_BOOL:
      return "true or false";
    case CLH_INT:
      return "an integer" + suffix;
    case CLH_REAL:
      return (bounds.empty() ? "a finite number" : "a number") + suffix;
    case CLH_STRING:
      return "a string";
    case CLH_PATH:
      return "a path";
    case CLH_CHOICE:
      return "one of " + joined(choice_names(param));
    case CLH_INT_LIST:
      return "a list of integers" + suffix;
    case CLH_REAL_LIST:
      return "a list of numbers" + suffix;
    default:
      return std::string("the name of a component of kind ") + kind_name(param.of_kind);
  }
}

}  // namespace clh::core
