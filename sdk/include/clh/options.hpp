// Options: a plain struct with defaults and one `bind`, run once to describe and once to read.
#pragma once
#include <clh/abi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class Encoder;
class Node;
class Layer;
class Backbone;

template <class Kind>
inline constexpr clh_kind kKindOf = 0;
template <>
inline constexpr clh_kind kKindOf<Encoder> = CLH_ENCODER;
template <>
inline constexpr clh_kind kKindOf<Node> = CLH_NODE;
template <>
inline constexpr clh_kind kKindOf<Layer> = CLH_LAYER;
template <>
inline constexpr clh_kind kKindOf<Backbone> = CLH_BACKBONE;

/// An option whose value is another component: what the user chose, not yet an instance.
template <class Kind>
class Component {
 public:
  Component() = default;
  Component(const char* default_name) : name_(default_name) {}  // NOLINT: reads as a default
  const char* default_name() const { return name_; }
  /// Null when the user chose none. Owner: the host, until the receiving instance's destroy.
  const clh_factory* factory() const { return factory_; }
  void choose(const clh_factory* factory) { factory_ = factory; }

 private:
  const char* name_ = "";
  const clh_factory* factory_ = nullptr;
};

/// A number of the finished plan, times a factor: `at_least(2 * kClasses)`. A model is not told it;
/// the host compares before the first step.
struct PlanNumber {
  std::uint32_t of;
  double factor = 1;
};
/// Outputs of the whole stream, and its tasks.
inline constexpr PlanNumber kClasses{CLH_OF_CLASSES};
inline constexpr PlanNumber kTasks{CLH_OF_TASKS};
constexpr PlanNumber operator*(double factor, PlanNumber number) {
  return {number.of, factor * number.factor};
}

/// The C description of an option struct; owns the texts that the parameters point to.
struct ParamTable {
  std::vector<clh_param> params;
  std::deque<std::vector<const char*>> choices;
  std::deque<std::string> texts;
  std::deque<std::vector<std::int64_t>> ints;
  std::deque<std::vector<double>> reals;
};

/// Refines the option just bound: `option(...).min(1).unit("samples")`.
class OptionRef {
 public:
  explicit OptionRef(ParamTable* table) : table_(table) {}

  /// Value >= bound (each element, for lists).
  OptionRef& min(double bound) { return set_min(bound, CLH_HAS_MIN); }
  /// Value <= bound.
  OptionRef& max(double bound) { return set_max(bound, CLH_HAS_MAX); }
  /// Value > bound.
  OptionRef& above(double bound) { return set_min(bound, CLH_HAS_MIN | CLH_OPEN_MIN); }
  /// Value < bound.
  OptionRef& below(double bound) { return set_max(bound, CLH_HAS_MAX | CLH_OPEN_MAX); }
  OptionRef& range(double low, double high) { return min(low).max(high); }
  OptionRef& unit(const char* text) {
    if (table_ != nullptr) {
      last().unit = text;
    }
    return *this;
  }
  OptionRef& required() { return flag(CLH_REQUIRED); }
  OptionRef& advanced() { return flag(CLH_ADVANCED); }
  OptionRef& deprecated() { return flag(CLH_DEPRECATED); }
#if CLH_TARGET_MINOR > 1
  /// Value >= a number of the plan. Not below CLH_TARGET_MINOR 2.
  OptionRef& at_least(PlanNumber number) {
    if (table_ != nullptr) {
      last().at_least_of = number.of;
      last().at_least = number.factor;
    }
    return *this;
  }
  /// Restricts at_least() to runs in which another option of the component, a choice, has one of
  /// these values.
  OptionRef& when(const char* option, std::initializer_list<const char*> values) {
    if (table_ != nullptr) {
      auto& kept = table_->choices.emplace_back(values);
      kept.push_back(nullptr);
      last().when = option;
      last().when_choices = kept.data();
    }
    return *this;
  }
#endif
  /// Names of an enum class's values, in its order.
  OptionRef& choices(std::initializer_list<const char*> names) {
    if (table_ != nullptr) {
      auto& kept = table_->choices.emplace_back(names);
      kept.push_back(nullptr);
      last().choices = kept.data();
    }
    return *this;
  }

 private:
  clh_param& last() { return table_->params.back(); }
  OptionRef& flag(std::uint32_t bits) {
    if (table_ != nullptr) {
      last().flags |= bits;
    }
    return *this;
  }
  OptionRef& set_min(double bound, std::uint32_t bits) {
    if (table_ != nullptr) {
      last().min = bound;
    }
    return flag(bits);
  }
  OptionRef& set_max(double bound, std::uint32_t bits) {
    if (table_ != nullptr) {
      last().max = bound;
    }
    return flag(bits);
  }
  ParamTable* table_;  // null while reading
};

/// Visits the options of a struct in order; either writes a ParamTable or reads checked values.
class OptionBinder {
 public:
  explicit OptionBinder(ParamTable& table) : table_(&table) {}
  explicit OptionBinder(const clh_value* values) : values_(values) {}

  /// Binds one option. `name` kebab-case, `doc` one line; the field's type decides the option's.
  template <class T>
  OptionRef operator()(const char* name, T& field, const char* doc) {
    if (table_ != nullptr) {
      clh_param param{};
      param.struct_size = sizeof param;
      param.name = name;
      param.doc = doc;
      param.def.n = 1;
      describe(param, field);
      param.type = param.def.type;
      table_->params.push_back(param);
    } else {
      read(values_[next_++], field);
    }
    return OptionRef(table_);
  }

 private:
  void describe(clh_param& p, bool x) {
    p.def.type = CLH_BOOL;
    p.def.u.i = x;
  }
  void describe(clh_param& p, std::int64_t x) {
    p.def.type = CLH_INT;
    p.def.u.i = x;
  }
  void describe(clh_param& p, double x) {
    p.def.type = CLH_REAL;
    p.def.u.r = x;
  }
  void describe(clh_param& p, const std::string& x) {
    p.def.type = CLH_STRING;
    p.def.u.s = table_->texts.emplace_back(x).c_str();
  }
  void describe(clh_param& p, const std::filesystem::path& x) {
    p.def.type = CLH_PATH;
    p.def.u.s = table_->texts.emplace_back(x.string()).c_str();
  }
  void describe(clh_param& p, const std::vector<std::int64_t>& x) {
    const auto& kept = table_->ints.emplace_back(x);
    p.def.type = CLH_INT_LIST;
    p.def.n = static_cast<std::uint32_t>(kept.size());
    p.def.u.iv = kept.data();
  }
  void describe(clh_param& p, const std::vector<double>& x) {
    const auto& kept = table_->reals.emplace_back(x);
    p.def.type = CLH_REAL_LIST;
    p.def.n = static_cast<std::uint32_t>(kept.size());
    p.def.u.rv = kept.data();
  }
  /// A number that may be absent.
  template <class Number>
  void describe(clh_param& p, const std::optional<Number>& x) {
    describe(p, x.value_or(Number{}));
    p.def.n = x.has_value() ? 1 : 0;
    p.flags |= CLH_OPTIONAL;
  }
  template <class Kind>
  void describe(clh_param& p, const Component<Kind>& x) {
    p.def.type = CLH_COMPONENT;
    p.of_kind = kKindOf<Kind>;
    p.def.u.s = x.default_name();
  }
  template <class E, std::enable_if_t<std::is_enum_v<E>, int> = 0>
  void describe(clh_param& p, E x) {
    p.def.type = CLH_CHOICE;
    p.def.u.i = static_cast<std::int64_t>(x);
  }

  static void read(const clh_value& v, bool& x) { x = v.u.i != 0; }
  static void read(const clh_value& v, std::int64_t& x) { x = v.u.i; }
  static void read(const clh_value& v, double& x) { x = v.u.r; }
  static void read(const clh_value& v, std::string& x) { x = v.u.s; }
  static void read(const clh_value& v, std::filesystem::path& x) { x = v.u.s; }
  static void read(const clh_value& v, std::vector<std::int64_t>& x) {
    x.assign(v.u.iv, v.u.iv + v.n);
  }
  static void read(const clh_value& v, std::vector<double>& x) { x.assign(v.u.rv, v.u.rv + v.n); }
  template <class Number>
  static void read(const clh_value& v, std::optional<Number>& x) {
    x.reset();
    if (v.n != 0) {
      read(v, x.emplace());
    }
  }
  template <class Kind>
  static void read(const clh_value& v, Component<Kind>& x) {
    x.choose(v.u.f);
  }
  template <class E, std::enable_if_t<std::is_enum_v<E>, int> = 0>
  static void read(const clh_value& v, E& x) {
    x = static_cast<E>(v.u.i);
  }

  ParamTable* table_ = nullptr;
  const clh_value* values_ = nullptr;
  std::size_t next_ = 0;
};

/// For components without options.
struct NoOptions {
  void bind(OptionBinder&) {}
};

/// The C description of an option struct.
template <class Options>
ParamTable describe_options() {
  ParamTable table;
  Options options;
  OptionBinder binder(table);
  options.bind(binder);
  return table;
}

/// Reads an option struct from values in the order of its description.
template <class Options>
Options read_options(const clh_value* values) {
  Options options;
  OptionBinder binder(values);
  options.bind(binder);
  return options;
}

}  // namespace clh
