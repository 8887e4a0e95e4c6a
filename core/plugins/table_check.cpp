#include "core/plugins/table_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <set>
#include <string_view>
#include <vector>

#include "core/abi/abi_version.hpp"
#include "core/abi/adopted_component.hpp"
#include "core/abi/capabilities.hpp"
#include "core/error.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

class Check {
 public:
  explicit Check(std::string where) : where_(std::move(where)) {}

  [[noreturn]] void fail(const char* slug, const std::string& text) const {
    throw Error(slug, where_ + ": " + text, "report it to the plugin's author", kExitPlugin);
  }
  void require(bool good, const std::string& expected, const std::string& found) const {
    if (!good) {
      fail("bad-table", "expected " + expected + ", found " + found);
    }
  }
  void same(const char* what, const std::string& noted, const char* table) const {
    const std::string found = table == nullptr ? "none" : table;
    if (noted != found) {
      fail("table-mismatch", std::string("expected ") + what + " \"" + noted +
                                 "\" as in the note, found \"" + found + "\" in the table");
    }
  }

 private:
  std::string where_;
};

/// A letter first, so that no name reads as a number or an option.
bool is_name(const char* id) {
  return id != nullptr && std::islower(static_cast<unsigned char>(id[0])) != 0 && is_kebab_case(id);
}

bool inside(const clh_param& p, double x) {
  const bool above =
      (p.flags & CLH_HAS_MIN) == 0 || ((p.flags & CLH_OPEN_MIN) != 0 ? x > p.min : x >= p.min);
  const bool below =
      (p.flags & CLH_HAS_MAX) == 0 || ((p.flags & CLH_OPEN_MAX) != 0 ? x < p.max : x <= p.max);
  return above && below;
}

/// Members are only ever appended, so a table is never shorter; one of kilobytes is no table.
void check_size(const Check& check, const std::string& what, std::uint32_t found,
                std::size_t expected) {
  constexpr std::uint32_t kLargest = 4096;
  check.require(
      found >= expected && found <= kLargest,
      what + " of " + std::to_string(expected) + " to " + std::to_string(kLargest) + " bytes",
      std::to_string(found));
}

void check_default(const Check& check, const clh_param& p, const std::string& name) {
  const auto& d = p.def;
  check.require(d.type == p.type, name + "'s default of its own type", "another type");
  if ((p.flags & CLH_OPTIONAL) != 0) {
    check.require(p.type == CLH_INT || p.type == CLH_REAL, name + " optional as a number alone",
                  "another type");
    if (d.n == 0) {
      return;
    }
  }
  if (p.type == CLH_INT) {
    check.require(inside(p, static_cast<double>(d.u.i)), name + "'s default within its bounds",
                  std::to_string(d.u.i));
  } else if (p.type == CLH_REAL) {
    check.require(std::isfinite(d.u.r) && inside(p, d.u.r), name + "'s default within its bounds",
                  std::to_string(d.u.r));
  } else if (p.type == CLH_CHOICE) {
    check.require(p.choices != nullptr, name + " with its choices", "none");
    std::int64_t n = 0;
    while (p.choices[n] != nullptr) {
      ++n;
    }
    check.require(d.u.i >= 0 && d.u.i < n, name + "'s default among its choices",
                  "choice " + std::to_string(d.u.i));
  } else if (p.type == CLH_STRING || p.type == CLH_PATH || p.type == CLH_COMPONENT) {
    check.require(d.u.s != nullptr, name + " with a default text", "none");
  }
}

/// The choice that `when` names must be one of the component's, and have the values.
void check_relation(const Check& check, const clh_component& c, const clh_param& p,
                    const std::string& name) {
  if (p.at_least_of == 0) {
    check.require(p.when == nullptr, name + " with a relation beside its when", "none");
    return;
  }
  check.require(p.at_least_of <= CLH_OF_TASKS && (p.type == CLH_INT || p.type == CLH_REAL) &&
                    std::isfinite(p.at_least) && p.at_least > 0,
                name + " as a number at least a positive multiple of classes or tasks",
                "another relation");
  if (p.when == nullptr) {
    return;
  }
  check.require(p.when_choices != nullptr && p.when_choices[0] != nullptr,
                name + "'s when with its values", "none");
  for (std::uint32_t i = 0; i < c.n_params; ++i) {
    const auto other = param_at(c, i);
    if (other.name == nullptr || std::strcmp(other.name, p.when) != 0 || other.choices == nullptr) {
      continue;
    }
    for (const char* const* value = p.when_choices; *value != nullptr; ++value) {
      bool known = false;
      for (const char* const* choice = other.choices; *choice != nullptr; ++choice) {
        known = known || std::strcmp(*choice, *value) == 0;
      }
      check.require(known, name + "'s when with values of " + p.when, *value);
    }
    return;
  }
  check.fail("bad-table", "expected " + name + "'s when to name a choice, found " + p.when);
}

void check_params(const Check& check, const clh_component& c) {
  check.require(c.n_params == 0 || c.params != nullptr, "a list of options", "none");
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < c.n_params; ++i) {
    const auto p = param_at(c, i);
    check.require(p.struct_size >= kFirstParamSize && p.struct_size == c.params[0].struct_size,
                  "options of one size, at least that of ABI 0.1",
                  std::to_string(p.struct_size) + " bytes");
    check.require(is_name(p.name), "a kebab-case option name", p.name == nullptr ? "none" : p.name);
    const std::string name = std::string("option ") + p.name;
    check.require(names.insert(p.name).second, name + " once", "it twice");
    check.require(std::strcmp(p.name, "name") != 0, "an option not called \"name\"", "it");
    check.require(p.doc != nullptr && p.doc[0] != '\0', name + " with a text", "none");
    check.require(p.type >= CLH_BOOL && p.type <= CLH_COMPONENT, name + " of a known type",
                  std::to_string(p.type));
    check.require((p.type == CLH_COMPONENT) == (p.of_kind != 0),
                  name + " with of_kind exactly for a component", std::to_string(p.of_kind));
    check_default(check, p, name);
    check_relation(check, c, p, name);
  }
}

void check_caps(const Check& check, const clh_component& c, const PluginNote& note) {
  auto caps = capabilities(c);
  auto noted = note.caps_of(kind_name(c.kind), c.id);
  std::sort(caps.begin(), caps.end());
  std::sort(noted.begin(), noted.end());
  if (caps != noted) {
    const auto text = [](const std::vector<std::string>& list) {
      std::string joined;
      for (const auto& cap : list) {
        joined += (joined.empty() ? "" : ",") + cap;
      }
      return "\"" + joined + "\"";
    };
    check.fail("table-mismatch", "expected the capabilities " + text(noted) + " of " +
                                     kind_name(c.kind) + ":" + c.id + " as in the note, found " +
                                     text(caps) + " in the table");
  }
}

void check_torch(const Check& check, const clh_plugin& plugin, const PluginNote& note,
                 const TorchLayout& host) {
  const auto* torch = plugin.get_extension == nullptr
                          ? nullptr
                          : static_cast<const clh_torch_ext*>(plugin.get_extension("clh.torch/1"));
  if (!note.needs_torch) {
    return;
  }
  check.require(torch != nullptr && torch->struct_size >= sizeof(clh_torch_ext),
                "clh.torch/1 of a plugin that needs torch", "none");
  const auto text = [](std::uint32_t tensor, std::uint32_t alignment, std::uint32_t generator) {
    return std::to_string(tensor) + "/" + std::to_string(alignment) + "/" +
           std::to_string(generator);
  };
  const auto expected = text(host.tensor, host.tensor_alignment, host.generator);
  const auto found = text(torch->sizeof_tensor, torch->alignof_tensor, torch->sizeof_generator);
  if (expected != found) {
    check.fail("torch-mismatch",
               "expected LibTorch objects of " + expected + " bytes, found " + found);
  }
  check.same("the LibTorch fingerprint", note.torch, torch->fingerprint);
}

}  // namespace

void check_table(const clh_plugin& plugin, const PluginNote& note, const TorchLayout& torch,
                 const std::string& where) {
  const Check check(where);
  // The version first: a table of another one may have another size.
  check.require(plugin.struct_size >= offsetof(clh_plugin, n_components),
                "a table with its size and version", std::to_string(plugin.struct_size) + " bytes");
  const auto refusal =
      abi_refusal({CLH_ABI_MAJOR, CLH_ABI_MINOR},
                  {plugin.abi_major, plugin.abi_minor, static_cast<int>(plugin.min_host_minor)});
  if (!refusal.empty()) {
    check.fail("abi-mismatch", refusal);
  }
  check_size(check, "a table", plugin.struct_size, sizeof(clh_plugin));
  check.same("the id", note.id, plugin.id);
  check.same("the version", note.version, plugin.version);
  check.same("the license", note.license, plugin.license);
  if (plugin.n_components != note.provides.size()) {
    check.fail("table-mismatch", "expected " + std::to_string(note.provides.size()) +
                                     " components as in the note, found " +
                                     std::to_string(plugin.n_components) + " in the table");
  }
  check.require(plugin.components != nullptr, "a list of components", "none");
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < plugin.n_components; ++i) {
    const auto* c = plugin.components[i];
    check.require(c != nullptr, "component " + std::to_string(i), "none");
    check_size(check, "a component", c->struct_size, sizeof(clh_component));
    check.require(is_kind(c->kind), "a known kind", std::to_string(c->kind));
    check.require(is_name(c->id), "a kebab-case component id", c->id == nullptr ? "none" : c->id);
    check.require(c->title != nullptr && c->title[0] != '\0', std::string(c->id) + " with a title",
                  "none");
    check.require(c->doc != nullptr && c->doc[0] != '\0', std::string(c->id) + " with a text",
                  "none");
    check.require(c->create != nullptr, std::string(c->id) + " with create", "none");
    check.require(names.insert(std::string(kind_name(c->kind)) + ":" + c->id).second,
                  std::string(kind_name(c->kind)) + ":" + c->id + " once", "it twice");
    if (!note.offers(kind_name(c->kind), c->id)) {
      check.fail("table-mismatch", "expected what the note provides, found " +
                                       std::string(kind_name(c->kind)) + ":" + c->id +
                                       " in the table");
    }
    check_params(check, *c);
    check_caps(check, *c, note);
  }
  check_torch(check, plugin, note, torch);
}

}  // namespace clh::core
