// Every option of every model, backbone, encoder, layer and node is tried once: it changes
// something, or it is refused. An option that says nothing at its neighbours' defaults is tried in
// the context that it is for.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/options/param_text.hpp"
#include "core/state/state_difference.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace option_effect_test {

using clh::core::ConfigValue;
using clh::core::Error;
using clh::test::TestRun;
using Words = std::vector<std::string>;

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Words kSmall = {"dataset=tiny",       "stream.classes-per-task=[4,3,3]",
                      "train.iterations=7", "train.batch-size=10",
                      "optimizer.lr=0.05",  "eval.unseen-tasks=false"};

const Words kNetwork = {"backbone=mlp", "backbone.width=12", "backbone.depth=1"};
const Words kNormalized = {"backbone=resnet18", "backbone.width=2"};

/// What a model needs to run at all, and what makes it quick.
const std::map<std::string, Words> kBase = {
    {"adahat", {"stream.scenario=task-il", "head=multi-head"}},
    {"hat", {"stream.scenario=task-il", "head=multi-head"}},
    {"pnn", {"stream.scenario=task-il", "head=multi-head"}},
    {"packnet", {"stream.scenario=task-il", "head=multi-head"}},
    {"wsn", {"stream.scenario=task-il", "head=multi-head"}},
    {"independent", {"stream.scenario=task-il", "head=multi-head"}},
    {"lfl", {"stream.scenario=task-il", "head=multi-head"}},
    {"gdumb", {"model.epochs=2", "model.buffer-size=40"}},
    {"hal", {"model.anchor-steps=2"}},
    {"generative-replay", {"model.hidden=8", "model.latent=4"}},
};

/// Contexts in which an option has a say that it has not at the defaults.
const std::map<std::string, std::vector<Words>> kContexts = {
    {"buffer-size", {{}, {"model.buffer-size=30"}}},
    {"policy", {{"model.buffer-size=20"}}},
    {"fdr.formula", {kNormalized}},  // outputs in train mode
    {"si.exclude-norm", {kNormalized}},
    {"cbp.rho", {{"model.maturity=1"}}},
    {"cbp.bias-correct",
     {{"model.maturity=2", "model.rho=0.02", "model.kappa=0.99", "backbone.width=60",
       "train.iterations=60"}}},
    {"adahat.sparsity", {{"model.alpha=0.5", "backbone.width=60"}}},  // 0 where ten units are free
    {"selection", {{"model.buffer-size=30"}}},
    {"retrain", {{"model.buffer-size=30"}}},
};

std::unique_ptr<clh::core::StateRecord> outcome(const Words& words) {
  const bool has_network = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.rfind("backbone=", 0) == 0;
  });
  TestRun run(kSmall + (has_network ? Words{} : kNetwork) + words);
  run.train();
  return run.save();
}

/// Values beside the default that an option may be tried with.
std::vector<std::string> others(const clh_param& param) {
  const auto& def = param.def;
  const bool has_min = (param.flags & CLH_HAS_MIN) != 0, has_max = (param.flags & CLH_HAS_MAX) != 0;
  const auto inside = [&](double x) {
    return (!has_min || x > param.min || (x == param.min && (param.flags & CLH_OPEN_MIN) == 0)) &&
           (!has_max || x < param.max || (x == param.max && (param.flags & CLH_OPEN_MAX) == 0));
  };
  std::vector<std::string> values;
  switch (param.type) {
    case CLH_BOOL:
      return {def.u.i != 0 ? "false" : "true"};
    case CLH_CHOICE:
      for (std::int64_t i = 0; param.choices[i] != nullptr; ++i) {
        if (i != def.u.i) {
          values.emplace_back(param.choices[i]);
        }
      }
      return values;
    case CLH_INT:
      for (const auto x : {def.u.i * 2, def.u.i / 2, def.u.i + 3, std::int64_t{12}}) {
        if (x != def.u.i && inside(static_cast<double>(x))) {
          values.push_back(std::to_string(x));
        }
      }
      return values;
    case CLH_REAL:
      for (const auto x : {def.u.r * 2, def.u.r / 2, def.u.r + 0.3, 0.7}) {
        if ((x != def.u.r || def.n == 0) && inside(x)) {
          values.push_back(clh::core::value_text(ConfigValue{x}));
        }
      }
      return values;
    case CLH_INT_LIST:
      return {"[30,20]", "[3]"};
    default:
      return {};
  }
}

/// Whether some value of the option changes the outcome or is refused.
bool matters(const std::string& name, const std::string& section, const clh_param& param,
             const Words& base) {
  auto found = kContexts.find(name + "." + param.name);
  found = found == kContexts.end() ? kContexts.find(param.name) : found;
  const auto contexts = found == kContexts.end() ? std::vector<Words>{{}} : found->second;
  for (const auto& context : contexts) {
    const auto usual = outcome(base + context);
    for (const auto& value : others(param)) {
      try {
        const auto changed =
            outcome(base + context + Words{section + "." + param.name + "=" + value});
        if (!clh::core::state_difference(*usual, *changed).empty()) {
          return true;
        }
      } catch (const Error&) {
        return true;
      }
    }
  }
  return false;
}

void expect_every_option_matters(clh_kind kind, const std::string& name, const std::string& section,
                                 const Words& base) {
  TestRun run({"dataset=tiny"});
  const auto& component = *run.library().load(kind, name).component;
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& param = component.params[i];
    if (!others(param).empty()) {
      EXPECT_TRUE(matters(name, section, param, base))
          << name << ": " << section << "." << param.name;
    }
  }
}

class OptionEffectTest : public ::testing::TestWithParam<const char*> {};

TEST_P(OptionEffectTest, OfAModel) {
  const std::string name = GetParam();
  const auto base = kBase.find(name);
  expect_every_option_matters(
      CLH_MODEL, name, "model",
      Words{"model=" + name} + (base == kBase.end() ? Words{} : base->second));
}

TEST(OptionEffect, OfBackbonesAndTheirParts) {
  const Words lut{"model=sgd", "backbone=lut", "backbone.widths=[40,20]"};
  const struct {
    clh_kind kind;
    const char *name, *section;
    Words base;
  } parts[] = {{CLH_BACKBONE, "mlp", "backbone", {"model=sgd", "backbone=mlp"}},
               {CLH_BACKBONE, "cnn", "backbone", {"model=sgd", "backbone=cnn"}},
               {CLH_BACKBONE, "resnet18", "backbone", Words{"model=sgd"} + kNormalized},
               {CLH_BACKBONE, "lut", "backbone", lut},
               {CLH_ENCODER, "thermometer", "backbone.encoder", lut},
               {CLH_LAYER, "random", "backbone.layer", lut},
               {CLH_NODE, "probabilistic", "backbone.layer.node", lut}};
  for (const auto& [kind, name, section, base] : parts) {
    expect_every_option_matters(kind, name, section, base);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, OptionEffectTest,
                         ::testing::Values("adahat", "agem", "agem-r", "bic", "cbp", "cope",
                                           "cumulative", "cwr-star", "der", "derpp", "er", "er-ace",
                                           "er-aml", "ewc", "fdr", "fecam", "gdumb", "gem",
                                           "generative-replay", "gss", "hal", "hat", "icarl", "lfl",
                                           "lucir", "lwf", "lwf-mc", "mas", "mer", "mir", "ncm",
                                           "packnet", "pnn", "rpc", "rwalk", "scr", "si", "slda",
                                           "wsn", "xder"));

}  // namespace option_effect_test
