// Every backbone through one contract: shapes, parameters, gradients, seeds, state.
#include <torch/torch.h>

#include <sstream>

#include "core/run/state_tree.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace {

using clh::test::TestRun;
using Words = std::vector<std::string>;

class BackboneContract : public testing::TestWithParam<const char*> {
 protected:
  /// A run whose network is fitted and untrained.
  static std::unique_ptr<TestRun> make(const std::string& seed = "0") {
    Words words{"model=sgd",         "dataset=tiny",     "run.seed=" + seed,
                "eval.future=false", "head=incremental", "train.iterations=2"};
    std::istringstream backbone(GetParam());
    for (std::string word; backbone >> word;) {
      words.push_back("backbone" + word);
    }
    auto run = std::make_unique<TestRun>(words);
    run->loop().advance();  // fits an encoder
    run->loop().advance();  // grows the head
    return run;
  }
};

TEST_P(BackboneContract, FeaturesHaveTheDeclaredShapeForAnyBatch) {
  const auto run = make();
  const auto& network = *run->experiment().network();
  for (const std::int64_t batch : {1, 7, 13}) {
    const auto features = network.features(torch::rand({batch, 1, 28, 28}));
    EXPECT_EQ(features.sizes(),
              (std::vector<std::int64_t>{batch, network.backbone().feature_count()}));
    EXPECT_TRUE(features.isfinite().all().item<bool>());
  }
}

TEST_P(BackboneContract, ParametersAreTheSameTensorsEveryTime) {
  const auto run = make();
  const auto& backbone = run->experiment().network()->backbone();
  const auto first = backbone.parameters();
  const auto second = backbone.parameters();
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].name, second[i].name);
    EXPECT_TRUE(first[i].tensor.is_same(second[i].tensor));
    EXPECT_EQ(first[i].tensor.scalar_type(), torch::kFloat);
  }
}

TEST_P(BackboneContract, EveryParameterCanGetAGradient) {
  const auto run = make();
  auto& network = *run->experiment().network();
  network.set_training(true);
  at::Tensor(network.arena().grads()).zero_();
  torch::manual_seed(0);
  const auto outputs = network.forward(torch::rand({16, 1, 28, 28}));
  (outputs * torch::randn_like(outputs)).sum().backward();
  for (std::size_t i = 0; i < network.arena().leaves().size(); ++i) {
    EXPECT_GT(network.arena().leaves()[i].grad().abs().sum().item<double>(), 0.0)
        << network.arena().slots()[i].name;
  }
}

TEST_P(BackboneContract, SameSeedSameBitsOtherSeedOtherBits) {
  const auto a = make(), b = make(), c = make("1");
  EXPECT_TRUE(torch::equal(a->values(), b->values()));
  EXPECT_FALSE(torch::equal(a->values(), c->values()));
}

TEST_P(BackboneContract, EvalModeIsAFunctionOfItsInputAlone) {
  const auto run = make();
  const auto& network = *run->experiment().network();
  network.set_training(false);
  const torch::NoGradGuard no_grad;
  const auto x = torch::rand({6, 1, 28, 28});
  const auto whole = network.features(x);
  EXPECT_TRUE(torch::equal(whole, network.features(x)));
  // Kernels may sum in another order for another batch size.
  EXPECT_TRUE(
      torch::allclose(whole.narrow(0, 2, 1), network.features(x.narrow(0, 2, 1)), 1e-4, 1e-5));
}

TEST_P(BackboneContract, ACopyComputesTheSameAndAFreshOneDoesNot) {
  const auto run = make();
  run->train();
  auto& network = *run->experiment().network();
  const auto x = torch::rand({4, 1, 28, 28});
  const torch::NoGradGuard no_grad;
  network.set_training(false);
  const auto copy = network.spawn(true, "init");
  copy->freeze();
  EXPECT_TRUE(torch::equal(copy->forward(x), network.forward(x)));
  const auto fresh = network.spawn(false, "init/1");
  fresh->set_training(false);
  EXPECT_FALSE(torch::equal(fresh->forward(x), network.forward(x)));
}

TEST_P(BackboneContract, StateRoundTripRestoresEveryOutput) {
  const auto a = make(), b = make("1");
  a->train();
  clh::core::StateRecord record;
  clh::core::save_state(*a->experiment().network(), record);
  clh::core::load_state(*b->experiment().network(), record);
  const auto x = torch::rand({4, 1, 28, 28});
  const torch::NoGradGuard no_grad;
  a->experiment().network()->set_training(false);
  b->experiment().network()->set_training(false);
  EXPECT_TRUE(
      torch::equal(a->experiment().network()->forward(x), b->experiment().network()->forward(x)));
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, BackboneContract,
                         testing::Values("=mlp", "=cnn", "=resnet18 .width=4",
                                         "=lut .widths=[60,40]"));

}  // namespace
