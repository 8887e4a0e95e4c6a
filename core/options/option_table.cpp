#include "core/options/option_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "core/error.hpp"
#include "core/options/param_text.hpp"
#include "core/options/renamed_options.hpp"
#include "core/text/nearest_name.hpp"

namespace clh::core {
namespace {
namespace fs = std::filesystem;

/// Rationale: long double holds every int64 exactly on the platforms in use.
bool in_bounds(const clh_param& param, long double x) {
  if ((param.flags & CLH_HAS_MIN) != 0 &&
      ((param.flags & CLH_OPEN_MIN) != 0 ? !(x > param.min) : !(x >= param.min))) {
    return false;
  }
  return (param.flags & CLH_HAS_MAX) == 0 ||
         ((param.flags & CLH_OPEN_MAX) != 0 ? x < param.max : x <= param.max);
}

/// Checks and stores the values of one table.
class TableFiller {
 public:
  TableFiller(const TableLabel& label, const PathBase& paths, ResolvedTable& result)
      : label_(label), paths_(paths), result_(result) {}

  [[noreturn]] void refuse(const clh_param& param, const std::string& found) const {
    std::string fix = "set " + label_.path + '.' + param.name + "=VALUE";
    if (has_no_default(param)) {
      fix = "leave it out, or " + fix;
    } else if ((param.flags & CLH_REQUIRED) == 0) {
      const ConfigValue fallback = default_value(param);
      const bool is_choice = param.type == CLH_CHOICE;
      fix = "set it to " + (is_choice ? *fallback.text() : value_text(fallback)) + ", the default";
    }
    throw Error("bad-option",
                '[' + label_.path + "] " + param.name + ": expected " + expected_text(param) +
                    ", found " + found,
                fix, kExitUsage);
  }

  /// Stores that there is no value.
  void leave_out(const clh_param& param) {
    clh_value none{};
    none.type = param.type;
    result_.values.push_back(none);
  }

  /// Stores `value`, given by the user or the default, and returns it as it would be written.
  ConfigValue put(const clh_param& param, const ConfigValue& value) {
    clh_value stored{};
    stored.type = param.type;
    stored.n = 1;
    ConfigValue written = store(param, value, stored);
    result_.values.push_back(stored);
    return written;
  }

 private:
  ConfigValue store(const clh_param& param, const ConfigValue& value, clh_value& stored) {
    switch (param.type) {
      case CLH_BOOL: {
        const auto* flag = std::get_if<bool>(&value.data);
        if (flag == nullptr) {
          refuse(param, found_text(value));
        }
        stored.u.i = *flag ? 1 : 0;
        return {*flag};
      }
      case CLH_INT:
        stored.u.i = integer(param, value, "");
        return {stored.u.i};
      case CLH_REAL:
        stored.u.r = real(param, value, "");
        return {stored.u.r};
      case CLH_STRING:
        return keep(text(param, value), stored);
      case CLH_PATH:
        return keep(path(param, text(param, value)), stored);
      case CLH_CHOICE:
        return choice(param, value, stored);
      case CLH_INT_LIST: {
        auto& kept = result_.ints.emplace_back();
        ConfigValue written = list(param, value, kept, &TableFiller::integer);
        stored.u.iv = kept.data();
        stored.n = static_cast<std::uint32_t>(kept.size());
        return written;
      }
      case CLH_REAL_LIST: {
        auto& kept = result_.reals.emplace_back();
        ConfigValue written = list(param, value, kept, &TableFiller::real);
        stored.u.rv = kept.data();
        stored.n = static_cast<std::uint32_t>(kept.size());
        return written;
      }
      default:
        throw std::logic_error(std::string("expected a known type of option ") + param.name +
                               ", found " + std::to_string(param.type));
    }
  }

  std::int64_t integer(const clh_param& param, const ConfigValue& value,
                       const std::string& place) const {
    const auto* x = std::get_if<std::int64_t>(&value.data);
    if (x == nullptr || !in_bounds(param, static_cast<long double>(*x))) {
      refuse(param, found_text(value) + place);
    }
    return *x;
  }

  double real(const clh_param& param, const ConfigValue& value, const std::string& place) const {
    const auto* whole = std::get_if<std::int64_t>(&value.data);
    const auto* x = std::get_if<double>(&value.data);
    const double number = whole != nullptr ? static_cast<double>(*whole) : x != nullptr ? *x : NAN;
    if (!std::isfinite(number) || !in_bounds(param, number)) {
      refuse(param, found_text(value) + place);
    }
    return number;
  }

  const std::string& text(const clh_param& param, const ConfigValue& value) const {
    const std::string* found = value.text();
    if (found == nullptr || found->find('\0') != std::string::npos) {
      refuse(param, found == nullptr ? found_text(value) : "one with a zero byte");
    }
    return *found;
  }

  std::string path(const clh_param& param, const std::string& given) const {
    if (given.empty()) {
      return given;
    }
    fs::path result = given;
    if (given == "~" || given.compare(0, 2, "~/") == 0) {
      if (paths_.home.empty()) {
        refuse(param, value_text({given}) + " and no home directory");
      }
      result = paths_.home / given.substr(std::min<std::size_t>(2, given.size()));
    }
    result = (paths_.current_directory / result).lexically_normal();
    const bool ends_in_slash = !result.has_filename() && result.has_relative_path();
    return (ends_in_slash ? result.parent_path() : result).string();
  }

  ConfigValue choice(const clh_param& param, const ConfigValue& value, clh_value& stored) const {
    const auto names = choice_names(param);
    const std::string* given = value.text();
    for (std::size_t i = 0; given != nullptr && i < names.size(); ++i) {
      if (names[i] == *given) {
        stored.u.i = static_cast<std::int64_t>(i);
        return {names[i]};
      }
    }
    refuse(param, given != nullptr ? value_text({*given}) : found_text(value));
  }

  ConfigValue keep(std::string given, clh_value& stored) {
    stored.u.s = result_.texts.emplace_back(std::move(given)).c_str();
    return {result_.texts.back()};
  }

  /// A single number is a list of one.
  template <class Number>
  ConfigValue list(const clh_param& param, const ConfigValue& value, std::vector<Number>& kept,
                   Number (TableFiller::*read)(const clh_param&, const ConfigValue&,
                                               const std::string&) const) const {
    const ConfigList* given = value.list();
    ConfigList written;
    for (std::size_t i = 0; i < (given == nullptr ? 1 : given->size()); ++i) {
      const std::string place = given == nullptr ? "" : " as element " + std::to_string(i + 1);
      kept.push_back((this->*read)(param, given == nullptr ? value : (*given)[i], place));
      written.push_back({kept.back()});
    }
    return {std::move(written)};
  }

  const TableLabel& label_;
  const PathBase& paths_;
  ResolvedTable& result_;
};

/// What to write instead of a key that no option has.
std::string mend_of_unknown(const std::string& key, const std::vector<std::string>& names,
                            const TableLabel& label) {
  if (const auto sentence = renamed_option(key, names); !sentence.empty()) {
    return sentence;
  }
  const auto nearest = nearest_name(key, names);
  if (!label.describe.empty()) {
    const std::string describe = "cl-host describe " + label.describe;
    return nearest ? "did you mean \"" + *nearest + "\"? " + describe : "see " + describe;
  }
  if (nearest) {
    return "did you mean \"" + label.path + '.' + *nearest + "\"?";
  }
  std::string fix = names.empty() ? "remove it" : "use one of ";
  for (const std::string& name : names) {
    fix += (&name == &names.front() ? "" : ", ") + label.path + '.' + name;
  }
  return fix;
}

void refuse_unknown(ParamSpan params, const ConfigTable& user, const TableLabel& label) {
  std::vector<std::string> names;
  for (const clh_param& param : params) {
    names.emplace_back(param.name);
  }
  for (const ConfigEntry& entry : user.entries()) {
    bool known = false;
    for (const std::string& name : names) {
      known = known || name == entry.key;
    }
    if (known) {
      continue;
    }
    throw Error("unknown-option",
                '[' + label.path + "] " + entry.key + ": expected an option of " + label.owner +
                    ", found an unknown key",
                mend_of_unknown(entry.key, names, label), kExitUsage);
  }
}

}  // namespace

PathBase PathBase::of_process() {
  const char* home = std::getenv("HOME");
  return {fs::current_path(), home == nullptr ? "" : home};
}

ResolvedTable resolve_table(ParamSpan params, const ConfigTable& user, const TableLabel& label,
                            const PathBase& paths, const ComponentOption& component,
                            std::vector<std::string>& warnings) {
  refuse_unknown(params, user, label);
  ResolvedTable result;
  TableFiller filler(label, paths, result);
  for (const clh_param& param : params) {
    const ConfigValue* given = user.find(param.name);
    if (given == nullptr && (param.flags & CLH_REQUIRED) != 0) {
      filler.refuse(param, "none");
    }
    const bool deprecated = (param.flags & CLH_DEPRECATED) != 0;
    if (given != nullptr && deprecated) {
      warnings.push_back('[' + label.path + "] " + param.name + ": deprecated: " + param.doc);
    }
    if (given == nullptr && has_no_default(param)) {
      filler.leave_out(param);
      continue;
    }
    ConfigValue written;
    if (param.type == CLH_COMPONENT) {
      ChosenComponent chosen = component(param, given);
      clh_value value{};
      value.type = CLH_COMPONENT;
      value.n = 1;
      value.u.f = chosen.factory;
      result.values.push_back(value);
      written = std::move(chosen.tree);
    } else {
      written = filler.put(param, given != nullptr ? *given : default_value(param));
    }
    if (given != nullptr || !deprecated) {
      result.tree.set(param.name, std::move(written));
    }
  }
  return result;
}

}  // namespace clh::core
