#include "core/options/component_tree.hpp"

#include "core/options/toml_text.hpp"
#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace component_tree_test {

const PathBase kPaths{"/srv", "/home/ada"};

class ComponentTree : public testing::Test {
 protected:
  std::unique_ptr<ResolvedComponent> resolve(const std::string& toml) {
    return resolve_component(CLH_BACKBONE, "backbone", read_toml(toml, "test"), "",
                             catalogue_.lookup(), kPaths, warnings_);
  }

  FakeCatalogue catalogue_;
  std::vector<std::string> warnings_;
};

TEST_F(ComponentTree, GivesACompleteFactory) {
  const auto mlp = resolve("name = \"mlp\"\ndepth = 3");
  EXPECT_EQ(mlp->factory.struct_size, sizeof(clh_factory));
  EXPECT_EQ(mlp->factory.n_args, 2u);
  EXPECT_EQ(mlp->factory.component, &catalogue_.lookup().find(CLH_BACKBONE, "mlp"));
  EXPECT_STREQ(mlp->factory.path, "backbone");
  const auto options = clh::read_options<MlpOptions>(mlp->factory.args);
  EXPECT_EQ(options.width, 10);
  EXPECT_EQ(options.depth, 3);
}

TEST_F(ComponentTree, NestsTables) {
  const auto lut = resolve(
      "name = \"lut\"\n[layer]\nname = \"random\"\npins = 4\n[layer.node]\nname = \"linear\"\n"
      "temperature = 2");
  const auto options = clh::read_options<LutOptions>(lut->factory.args);
  const clh_factory* layer = options.layer.factory();
  ASSERT_NE(layer, nullptr);
  EXPECT_STREQ(layer->component->id, "random");
  EXPECT_STREQ(layer->path, "backbone.layer");
  const auto wiring = clh::read_options<WiringOptions>(layer->args);
  EXPECT_EQ(wiring.pins, 4);
  const clh_factory* node = wiring.node.factory();
  ASSERT_NE(node, nullptr);
  EXPECT_STREQ(node->component->id, "linear");
  EXPECT_STREQ(node->path, "backbone.layer.node");
  EXPECT_EQ(clh::read_options<NodeOptions>(node->args).temperature, 2);
}

TEST_F(ComponentTree, TakesDefaultsAndShortNames) {
  const std::string full =
      "name = \"lut\"\nencoder = \"\"\n\n[layer]\nname = \"random\"\npins = 6\n\n[layer.node]\n"
      "name = \"probabilistic\"\ntemperature = 1.0\n";
  EXPECT_EQ(write_toml(resolve("name = \"lut\"")->tree()), full);
  EXPECT_EQ(write_toml(resolve("name = \"lut\"\nlayer = \"random\"")->tree()), full);
  EXPECT_EQ(write_toml(resolve("name = \"lut\"\n[layer]\nnode = \"probabilistic\"")->tree()), full);
  EXPECT_EQ(write_toml(resolve(full)->tree()), full);
}

TEST_F(ComponentTree, GivesNullForNone) {
  for (const std::string none : {"", "encoder = \"\"", "[encoder]\nname = \"\""}) {
    const auto lut = resolve("name = \"lut\"\n" + none);
    EXPECT_EQ(lut->options.values.at(1).type, clh_type{CLH_COMPONENT}) << none;
    EXPECT_EQ(lut->options.values.at(1).u.f, nullptr) << none;
  }
  const auto lut = resolve("name = \"lut\"\nencoder = \"thermometer\"");
  ASSERT_NE(lut->options.values.at(1).u.f, nullptr);
  EXPECT_STREQ(lut->options.values.at(1).u.f->path, "backbone.encoder");
}

TEST_F(ComponentTree, RefusesNoneWhereThereIsADefault) {
  const auto refusal = refusal_of([&] { resolve("name = \"lut\"\nlayer = \"\""); });
  EXPECT_EQ(refusal.slug, "bad-option");
  EXPECT_EQ(refusal.text,
            "[backbone.layer] name: expected the name of a component of kind layer, found none");
  EXPECT_EQ(refusal.fix, "set backbone.layer.name=NAME; cl-host list layers shows the names");
}

TEST_F(ComponentTree, RefusesAMissingOrOddName) {
  EXPECT_EQ(refusal_of([&] { resolve(""); }).text,
            "[backbone] name: expected the name of a component of kind backbone, found none");
  EXPECT_EQ(refusal_of([&] { resolve("name = 3"); }).text,
            "[backbone] name: expected the name of a component of kind backbone, found 3");
  EXPECT_EQ(refusal_of([&] { resolve("name = \"lut\"\nlayer = 3"); }).text,
            "[backbone.layer] name: expected the name of a component of kind layer, found 3");
}

TEST_F(ComponentTree, NamesTheNestedTableInErrors) {
  const auto bounds = refusal_of([&] { resolve("name = \"lut\"\n[layer]\npins = 9"); });
  EXPECT_EQ(bounds.text, "[backbone.layer] pins: expected an integer in [1, 8], found 9");
  const auto unknown = refusal_of([&] { resolve("name = \"lut\"\n[layer.node]\ntemprature = 1"); });
  EXPECT_EQ(unknown.text,
            "[backbone.layer.node] temprature: expected an option of "
            "org.clh.probabilistic/probabilistic, found an unknown key");
  EXPECT_EQ(unknown.fix, "did you mean \"temperature\"? cl-host describe probabilistic");
}

TEST_F(ComponentTree, PassesTheLookupsErrorOn) {
  EXPECT_EQ(refusal_of([&] { resolve("name = \"none\""); }).slug, "unknown-component");
}

TEST_F(ComponentTree, UsesTheComponentsOwnIdWithoutAFullOne) {
  ComponentLookup lookup = catalogue_.lookup();
  lookup.full_id = nullptr;
  const auto refusal = refusal_of([&] {
    resolve_component(CLH_MODEL, "model", read_toml("name = \"er\"\nx = 1", "test"), "", lookup,
                      kPaths, warnings_);
  });
  EXPECT_EQ(refusal.text, "[model] x: expected an option of er, found an unknown key");
}

}  // namespace component_tree_test
}  // namespace clh::core
