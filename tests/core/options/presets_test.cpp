#include "core/options/presets.hpp"

#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace presets_test {

struct Expected {
  std::string name, dataset, stream, scenario;
  std::int64_t tasks, batch_size, minibatch;
  double lr;
};

// The published settings of the MNIST-family benchmarks; SGD 0.1 and batch 10 are the settings of
// the default run on Split Fashion-MNIST.
const Expected kExpected[] = {
    {"permuted-fashion-mnist", "fashion-mnist", "permuted", "domain-il", 20, 128, 128, 0.2},
    {"permuted-mnist", "mnist", "permuted", "domain-il", 20, 128, 128, 0.2},
    {"rotated-fashion-mnist", "fashion-mnist", "rotated", "domain-il", 20, 128, 128, 0.2},
    {"rotated-mnist", "mnist", "rotated", "domain-il", 20, 128, 128, 0.2},
    {"split-fashion-mnist", "fashion-mnist", "class-split", "class-il", 0, 10, 10, 0.1},
    {"split-mnist", "mnist", "class-split", "class-il", 0, 10, 10, 0.1},
};

TEST(Presets, AreEmbeddedInTheOrderOfTheirNames) {
  const auto presets = embedded_presets();
  ASSERT_EQ(presets.size(), std::size(kExpected));
  for (std::size_t i = 0; i < presets.size(); ++i) {
    EXPECT_EQ(presets[i].name, kExpected[i].name);
  }
}

TEST(Presets, ComeToTheirSettings) {
  const FakeCatalogue catalogue;
  const ConfigSchema schema = fake_schema(catalogue);
  for (const Expected& expected : kExpected) {
    SCOPED_TRACE(expected.name);
    const auto config = resolve_config(schema, {std::nullopt, {"benchmark=" + expected.name}});
    EXPECT_EQ(config.dataset->name, expected.dataset);
    EXPECT_EQ(config.stream.name, expected.stream);
    const ConfigTable& stream = config.stream.options.tree;
    EXPECT_EQ(*stream.find("scenario")->text(), expected.scenario);
    EXPECT_EQ(value_text(*stream.find("normalize")), "false");
    if (expected.tasks != 0) {
      EXPECT_EQ(value_text(*stream.find("tasks")), std::to_string(expected.tasks));
    } else {
      EXPECT_EQ(value_text(*stream.find("classes-per-task")), "[2]");
    }
    const auto mlp = clh::read_options<MlpOptions>(config.backbone->factory.args);
    EXPECT_EQ(config.backbone->name, "mlp");
    EXPECT_EQ(mlp.width, 100);
    EXPECT_EQ(mlp.depth, 2);
    EXPECT_EQ(config.head.name, "fixed");
    const auto er = clh::read_options<ErOptions>(config.model->factory.args);
    EXPECT_EQ(config.model->name, "er");
    EXPECT_EQ(er.buffer_size, 500);
    EXPECT_EQ(er.minibatch, expected.minibatch);
    const auto sgd = clh::read_options<SgdOptions>(config.optimizer.options.values.data());
    EXPECT_EQ(config.optimizer.name, "sgd");
    EXPECT_EQ(sgd.lr, expected.lr);
    const auto train = clh::read_options<TrainOptions>(config.train.values.data());
    EXPECT_EQ(train.epochs, 1);
    EXPECT_EQ(train.batch_size, expected.batch_size);
  }
}

}  // namespace presets_test
}  // namespace clh::core
