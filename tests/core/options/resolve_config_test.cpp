#include "core/options/resolve_config.hpp"

#include "tests/core/options/fake_components.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clh::core {
namespace resolve_config_test {

class ConfigLayers : public testing::Test {
 protected:
  ConfigLayers() : schema_(fake_schema(catalogue_)) {}

  std::filesystem::path write(const std::string& text) const {
    return folder_.write("exp.toml", text);
  }
  ResolvedConfig resolve(const std::vector<std::string>& overrides) const {
    return resolve_config(schema_, {std::nullopt, overrides, {"/srv", "/home/ada"}});
  }
  ResolvedConfig resolve_file(const std::string& text,
                              const std::vector<std::string>& overrides = {}) const {
    return resolve_config(schema_, {write(text), overrides, {"/srv", "/home/ada"}});
  }
  /// What `model = ...` comes to, as TOML on one line.
  static std::string model(const ResolvedConfig& config) {
    return value_text({config.model->tree()});
  }

  FakeCatalogue catalogue_;
  ConfigSchema schema_;
  clh::test::TemporaryDirectory folder_;
};

TEST_F(ConfigLayers, WithoutArgumentsIsTheDefaultPreset) {
  const auto config = resolve({});
  EXPECT_EQ(config.benchmark, "split-fashion-mnist");
  EXPECT_EQ(config.toml(),
            "benchmark = \"none\"\n\n"
            "[run]\nseed = 0\ndir = \"/srv/runs\"\nname = \"\"\n\n"
            "[dataset]\nname = \"fashion-mnist\"\nroot = \"/data\"\n\n"
            "[stream]\nname = \"class-split\"\nscenario = \"class-il\"\nnormalize = false\n"
            "classes-per-task = [2]\n\n"
            "[backbone]\nname = \"mlp\"\nwidth = 100\ndepth = 2\n\n"
            "[head]\nname = \"fixed\"\n\n"
            "[model]\nname = \"er\"\nbuffer-size = 500\nminibatch = 10\n\n"
            "[optimizer]\nname = \"sgd\"\nlr = 0.1\nmomentum = 0.0\n\n"
            "[train]\nepochs = 1\nbatch-size = 10\n\n"
            "[eval]\nunseen-tasks = true\n");
}

TEST_F(ConfigLayers, FillTypedValues) {
  const auto config = resolve({"run.seed=3", "optimizer.lr=.5"});
  EXPECT_EQ(clh::read_options<RunOptions>(config.run.values.data()).seed, 3);
  EXPECT_EQ(config.optimizer.name, "sgd");
  EXPECT_EQ(clh::read_options<SgdOptions>(config.optimizer.options.values.data()).lr, 0.5);
  EXPECT_EQ(clh::read_options<ErOptions>(config.model->factory.args).minibatch, 10);
  EXPECT_STREQ(config.model->factory.path, "model");
}

TEST_F(ConfigLayers, LaterLayersWin) {
  const std::string file = "[model]\nbuffer-size = 200\n[train]\nepochs = 3\n";
  const auto config = resolve_file(file, {"train.epochs=4"});
  EXPECT_EQ(model(config), "{name = \"er\", buffer-size = 200, minibatch = 10}");
  const auto train = clh::read_options<TrainOptions>(config.train.values.data());
  EXPECT_EQ(train.epochs, 4);
  EXPECT_EQ(train.batch_size, 10);
}

TEST_F(ConfigLayers, AnotherNameDropsTheOptions) {
  EXPECT_EQ(model(resolve({"model=ewc"})), "{name = \"ewc\", strength = 0.5}");
  EXPECT_EQ(model(resolve_file("model = \"sgd\"", {"model=er"})),
            "{name = \"er\", buffer-size = 500, minibatch = 0}");
  EXPECT_EQ(model(resolve_file("[model]\nname = \"er\"\nbuffer-size = 7", {"model=er"})),
            "{name = \"er\", buffer-size = 7, minibatch = 10}");
  const auto adam = resolve({"optimizer=adam"}).optimizer;
  EXPECT_EQ(value_text({adam.options.tree}), "{lr = 0.001, betas = [0.9, 0.999]}");
  const auto sgd = resolve({"optimizer.name=sgd"}).optimizer;
  EXPECT_EQ(value_text({sgd.options.tree}), "{lr = 0.1, momentum = 0.0}");
}

TEST_F(ConfigLayers, NamesOfNestedComponentsDropToo) {
  const std::string file =
      "[backbone]\nname = \"lut\"\n[backbone.layer]\npins = 4\n[backbone.layer.node]\n"
      "temperature = 2\n";
  const auto node = [&](const std::vector<std::string>& overrides) {
    return value_text({resolve_file(file, overrides).backbone->children.at(0)->tree()});
  };
  const std::string kept =
      "{name = \"random\", pins = 4, node = {name = \"probabilistic\", temperature = 2.0}}";
  EXPECT_EQ(node({}), kept);
  EXPECT_EQ(node({"backbone.layer.node=probabilistic"}), kept);
  EXPECT_EQ(node({"backbone.layer=random"}), kept);
  EXPECT_EQ(node({"backbone.layer.node=linear"}),
            "{name = \"random\", pins = 4, node = {name = \"linear\", temperature = 1.0}}");
  EXPECT_EQ(node({"backbone.layer.node.temperature=3"}),
            "{name = \"random\", pins = 4, node = {name = \"probabilistic\", temperature = 3.0}}");
}

TEST_F(ConfigLayers, OverridesAreOneLayer) {
  const std::string expected = "{name = \"ewc\", strength = 3.0}";
  EXPECT_EQ(model(resolve({"model=ewc", "model.strength=3"})), expected);
  EXPECT_EQ(model(resolve({"model.strength=3", "model=ewc"})), expected);
}

TEST_F(ConfigLayers, BenchmarkComesFirstWhereverItStands) {
  const auto last = resolve({"train.batch-size=7", "benchmark=permuted-mnist"});
  EXPECT_EQ(last.benchmark, "permuted-mnist");
  EXPECT_EQ(last.dataset->name, "mnist");
  EXPECT_EQ(clh::read_options<TrainOptions>(last.train.values.data()).batch_size, 7);
  EXPECT_EQ(resolve_file("benchmark = \"split-mnist\"").dataset->name, "mnist");
  const auto both =
      resolve_file("benchmark = \"split-mnist\"", {"benchmark=rotated-fashion-mnist"});
  EXPECT_EQ(both.dataset->name, "fashion-mnist");
  EXPECT_EQ(both.stream.name, "rotated");
}

TEST_F(ConfigLayers, NoneStartsFromTheDefaultsAlone) {
  const auto config = resolve({"benchmark=none", "dataset=mnist", "backbone=mlp", "model=er"});
  EXPECT_EQ(config.benchmark, "none");
  EXPECT_EQ(clh::read_options<TrainOptions>(config.train.values.data()).batch_size, 32);
  EXPECT_EQ(model(config), "{name = \"er\", buffer-size = 500, minibatch = 0}");
  EXPECT_EQ(refusal_of([&] { resolve({"benchmark=none"}); }).text,
            "[dataset] name: expected the name of a component of kind dataset, found none");
}

TEST_F(ConfigLayers, TheWrittenFileRepeatsTheRun) {
  const std::vector<std::vector<std::string>> runs = {
      {},
      {"benchmark=permuted-mnist", "optimizer=adam", "optimizer.lr=1e-07", "run.dir=~/r"},
      {"backbone=lut", "backbone.encoder=thermometer", "model=sgd", "head=cosine"},
      {"model=ewc", "model.old-strength=3", "run.name=a \"b\"\\c"},
      {"stream.classes-per-task=3,3,4", "eval.unseen-tasks=false", "run.seed=9223372036854775807"}};
  for (const auto& overrides : runs) {
    const auto first = resolve(overrides);
    const auto again = resolve_config(schema_, {write(first.toml()), {}, {"/else", "/nobody"}});
    EXPECT_EQ(again.toml(), first.toml());
    EXPECT_EQ(again.benchmark, "none");
    EXPECT_EQ(again.warnings, first.warnings);
  }
}

TEST_F(ConfigLayers, OneOptionMayImplyTheDefaultOfAnother) {
  schema_.stream.imply = [](const std::string& name, ConfigTable& given) {
    if (name == "permuted" && given.find("tasks") != nullptr && given.find("scenario") == nullptr) {
      given.set("scenario", {std::string("domain-il")});
    }
  };
  const auto scenario = [&](const std::vector<std::string>& overrides) {
    return *resolve(overrides).tree.find("stream")->table()->find("scenario")->text();
  };
  EXPECT_EQ(scenario({"stream=permuted"}), "class-il") << "the table's own default";
  EXPECT_EQ(scenario({"stream=permuted", "stream.tasks=3"}), "domain-il");
  EXPECT_EQ(scenario({"stream=permuted", "stream.tasks=3", "stream.scenario=task-il"}), "task-il");
  EXPECT_EQ(scenario({"stream=rotated", "stream.tasks=3"}), "class-il");
}

TEST_F(ConfigLayers, DeprecatedOptionsWarnOnlyInUse) {
  EXPECT_TRUE(resolve({"model=ewc"}).warnings.empty());
  EXPECT_EQ(resolve({"model=ewc", "model.old-strength=7"}).warnings,
            std::vector<std::string>{"[model] old-strength: deprecated: use strength"});
}

TEST_F(ConfigLayers, GiveJson) {
  const auto json = resolve({"stream.classes-per-task=3,3,4", "run.seed=7"}).json();
  EXPECT_EQ(json.at("benchmark"), "split-fashion-mnist");
  EXPECT_EQ(json.at("run").at("seed"), 7);
  EXPECT_TRUE(json.at("run").at("seed").is_number_integer());
  EXPECT_EQ(json.at("model").at("name"), "er");
  EXPECT_EQ(json.at("stream").at("classes-per-task"), nlohmann::json({3, 3, 4}));
  EXPECT_EQ(json.at("optimizer").at("momentum").dump(), "0.0");
  EXPECT_EQ(json.size(), 10u);
}

TEST_F(ConfigLayers, ChangesOfAnUninstalledModelsNameNeedNoLookup) {
  schema_.presets = {{"split-fashion-mnist",
                      "[dataset]\nname=\"mnist\"\n[backbone]\nname=\"mlp\"\n"
                      "[model]\nname=\"not-installed\"\nx=1\n"}};
  EXPECT_EQ(resolve({"model=sgd"}).model->name, "sgd");
  EXPECT_EQ(refusal_of([&] { resolve({}); }).slug, "unknown-component");
}

}  // namespace resolve_config_test
}  // namespace clh::core
