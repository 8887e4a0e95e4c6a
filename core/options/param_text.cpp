#include "core/options/param_text.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/text/word_list.hpp"

namespace clh::core {
namespace {

std::string bound_text(double bound) {
  std::string text = real_text(bound);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) {
    text.erase(text.size() - 2);
  }
  return text;
}

}  // namespace

bool has_no_default(const clh_param& param) {
  return (param.flags & CLH_OPTIONAL) != 0 && param.def.n == 0;
}

std::vector<std::string> choice_names(const clh_param& param) {
  std::vector<std::string> names;
  for (const char* const* name = param.choices; name != nullptr && *name != nullptr; ++name) {
    names.emplace_back(*name);
  }
  return names;
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

std::string bounds_text(const clh_param& param) {
  const bool open_min = (param.flags & CLH_OPEN_MIN) != 0;
  const bool open_max = (param.flags & CLH_OPEN_MAX) != 0;
  switch (param.flags & (CLH_HAS_MIN | CLH_HAS_MAX)) {
    case CLH_HAS_MIN:
      return (open_min ? "> " : ">= ") + bound_text(param.min);
    case CLH_HAS_MAX:
      return (open_max ? "< " : "<= ") + bound_text(param.max);
    case CLH_HAS_MIN | CLH_HAS_MAX:
      return (open_min ? "in (" : "in [") + bound_text(param.min) + ", " + bound_text(param.max) +
             (open_max ? ")" : "]");
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

const char* kind_name(clh_kind kind) {
  switch (kind) {
    case CLH_MODEL:
      return "model";
    case CLH_BACKBONE:
      return "backbone";
    case CLH_DATASET:
      return "dataset";
    case CLH_ENCODER:
      return "encoder";
    case CLH_NODE:
      return "node";
    case CLH_LAYER:
      return "layer";
    default:
      return "component";
  }
}

}  // namespace clh::core
