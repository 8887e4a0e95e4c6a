// The backbone plugins through their .so: parameters counted by hand, shapes, initialisation,
// gates.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <memory>
#include <string>

#include "core/abi/tensor_sink.hpp"
#include "core/instances/backbone_proxy.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace backbones_test {

using clh::NamedTensor;
using clh::core::BackboneProxy;
using clh::core::ConfigList;
using clh::test::error_of;
using Options = std::vector<std::pair<std::string, clh::core::ConfigValue>>;

std::int64_t count(const std::vector<NamedTensor>& tensors) {
  std::int64_t n = 0;
  for (const auto& item : tensors) {
    n += item.tensor.numel();
  }
  return n;
}

class Backbones : public testing::Test {
 protected:
  std::unique_ptr<BackboneProxy> make(const std::string& name,
                                      std::initializer_list<std::int64_t> input,
                                      const Options& options = {}) {
    const clh_backbone_spec spec{sizeof(clh_backbone_spec), 0, clh::Shape(input).c_shape(), 0, 1};
    const auto& factory = plugins_.choose(CLH_BACKBONE, name, clh::test::options(options));
    return std::make_unique<BackboneProxy>(plugins_.run(), factory, spec);
  }

  clh::test::PluginRig plugins_;
};

TEST_F(Backbones, ParametersAreThoseCountedByHand) {
  // 784*100 + 100 + 100*100 + 100; with a head of 10 classes (1010) the published 89 610.
  EXPECT_EQ(count(make("mlp", {1, 28, 28})->parameters()), 88600);
  EXPECT_EQ(count(make("mlp", {1, 28, 28}, {{"width", {400L}}, {"depth", {1L}}})->parameters()),
            784 * 400 + 400);
  // 1*9*32 + 32, 32*9*64 + 64, 64*7*7*128 + 128.
  EXPECT_EQ(count(make("cnn", {1, 28, 28})->parameters()), 320 + 18496 + 401536);
  // Stem 1728 + 128; stages 147 968, 525 568, 2 099 712 and 8 393 728 (convolutions without bias,
  // two numbers a channel for each batch norm, three projections).
  EXPECT_EQ(count(make("resnet18", {3, 32, 32})->parameters()), 11168832);
}

TEST_F(Backbones, FeaturesHaveTheDeclaredShape) {
  EXPECT_EQ(make("mlp", {1, 28, 28})->features(at::rand({3, 1, 28, 28})).sizes(),
            (at::IntArrayRef{3, 100}));
  EXPECT_EQ(make("cnn", {1, 28, 28})->features(at::rand({3, 1, 28, 28})).sizes(),
            (at::IntArrayRef{3, 128}));
  const auto odd =
      make("cnn", {3, 33, 32}, {{"channels", {ConfigList{{4L}, {6L}, {8L}}}}, {"features", {5L}}});
  EXPECT_EQ(odd->features(at::rand({2, 3, 33, 32})).sizes(), (at::IntArrayRef{2, 5}));
  EXPECT_EQ(count(odd->parameters()),
            3 * 9 * 4 + 4 + 4 * 9 * 6 + 6 + 6 * 9 * 8 + 8 + 8 * 16 * 5 + 5);
  for (const std::int64_t size : {28, 32}) {
    const auto narrow = make("resnet18", {1, size, size}, {{"width", {8L}}});
    EXPECT_EQ(narrow->features(at::rand({2, 1, size, size})).sizes(), (at::IntArrayRef{2, 64}));
  }
}

TEST_F(Backbones, MlpComputesReluOfItsLayers) {
  const auto mlp = make("mlp", {3}, {{"width", {4L}}});
  const auto p = mlp->parameters();
  ASSERT_EQ(p.size(), 4U);
  EXPECT_EQ(p[0].name, "fc1.weight");
  EXPECT_EQ(p[3].name, "fc2.bias");
  const auto x = at::randn({5, 3});
  const auto h = (x.mm(p[0].tensor.t()) + p[1].tensor).clamp_min(0);
  const auto y = (h.mm(p[2].tensor.t()) + p[3].tensor).clamp_min(0);
  EXPECT_TRUE(at::allclose(mlp->features(x), y));
}

TEST_F(Backbones, MlpWeightsAreXavierUniformWithZeroBias) {
  const auto p = make("mlp", {1, 28, 28})->parameters();
  const double bound = std::sqrt(6.0 / (784 + 100));
  const auto& weight = p[0].tensor;
  EXPECT_LE(weight.abs().max().item<double>(), bound);
  // The deviation of U(-a, a) is a / sqrt(3); 78 400 draws estimate it to 0.2 %, five times that.
  EXPECT_NEAR(weight.std().item<double>(), bound / std::sqrt(3.0), 0.01 * bound);
  EXPECT_EQ(p[1].tensor.abs().max().item<double>(), 0);
  // LibTorch's own: U(-1/sqrt(784), 1/sqrt(784)) for both.
  const auto q = make("mlp", {1, 28, 28}, {{"init", {std::string("default")}}})->parameters();
  EXPECT_LE(q[0].tensor.abs().max().item<double>(), 1.0 / 28);
  EXPECT_GT(q[1].tensor.abs().max().item<double>(), 0);
}

TEST_F(Backbones, TheSameSeedGivesTheSameWeightsAndAnotherOthers) {
  clh::test::PluginRig other(1);
  for (const std::string name : {"mlp", "cnn", "resnet18"}) {
    const auto a = make(name, {1, 28, 28})->parameters();
    const auto b = make(name, {1, 28, 28})->parameters();
    const clh_backbone_spec spec{sizeof(clh_backbone_spec), 0, clh::Shape{1, 28, 28}.c_shape(), 0,
                                 1};
    const BackboneProxy reseeded(other.run(), other.choose(CLH_BACKBONE, name), spec);
    const auto c = reseeded.parameters();
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].name, b[i].name);
      EXPECT_TRUE(at::equal(a[i].tensor, b[i].tensor)) << a[i].name;
    }
    EXPECT_FALSE(at::equal(a[0].tensor, c[0].tensor)) << name;
  }
}

TEST_F(Backbones, MlpGatesMultiplyUnitsAfterTheNonLinearity) {
  const auto mlp = make("mlp", {3}, {{"width", {4L}}});
  ASSERT_NE(mlp->gates(), nullptr);
  const auto& gates = *mlp->gates();
  void* self = mlp->instance().self();
  std::int64_t n = 0;
  const auto* layers = gates.layers(self, &n);
  ASSERT_EQ(n, 2);
  EXPECT_STREQ(layers[0].name, "fc1");
  EXPECT_STREQ(layers[1].weight, "fc2.weight");
  EXPECT_STREQ(layers[1].bias, "fc2.bias");
  EXPECT_EQ(layers[0].input, -1);
  EXPECT_EQ(layers[1].input, 0);
  EXPECT_EQ(layers[1].units, 4);

  const auto x = at::randn({5, 3});
  clh::core::TensorSink sink;
  mlp->instance().call("activations", gates.activations, clh::lend(x), sink.table());
  const auto seen = sink.take();
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen[0].name, "fc1.input");
  EXPECT_EQ(seen[3].name, "fc2.output");
  EXPECT_TRUE(at::equal(seen[0].tensor, x));
  EXPECT_LT(seen[1].tensor.min().item<float>(), 0);  // before the non-linearity
  EXPECT_TRUE(at::equal(seen[2].tensor, seen[1].tensor.clamp_min(0)));
  EXPECT_TRUE(seen[3].tensor.requires_grad());
  EXPECT_EQ(seen[4].name, "features");
  EXPECT_TRUE(at::equal(seen[4].tensor, mlp->features(x)));
  EXPECT_EQ(seen[4].name, "features");
  EXPECT_TRUE(at::equal(seen[4].tensor, seen[3].tensor.clamp_min(0)));

  const auto p = mlp->parameters();
  const auto gate = at::tensor({1.0F, 0.0F, 0.5F, 2.0F});
  const auto h = (x.mm(p[0].tensor.t()) + p[1].tensor).clamp_min(0) * gate;
  const auto y = (h.mm(p[2].tensor.t()) + p[3].tensor).clamp_min(0);
  const clh_tensor* const given[] = {clh::lend(gate), nullptr};  // the second gate is open
  const auto gated =
      mlp->instance().make("gated", gates.features, clh::lend(x), given, std::int64_t{2});
  EXPECT_TRUE(at::allclose(gated, y));
  EXPECT_EQ(error_of([&] {
              mlp->instance().make("gated", gates.features, clh::lend(x), given, std::int64_t{1});
            }).exit_code(),
            clh::core::kExitUsage);
}

TEST_F(Backbones, ResNetNormalizesByTheBatchInTrainingOnly) {
  const auto net = make("resnet18", {1, 16, 16}, {{"width", {2L}}});
  // 20 batch norms (stem, two in each of eight blocks, three projections), three buffers each.
  EXPECT_EQ(net->buffers().size(), 60U);
  const auto x = at::randn({4, 1, 16, 16}), one = x.slice(0, 0, 1);
  net->set_training(true);
  EXPECT_FALSE(at::allclose(net->features(x).slice(0, 0, 1), net->features(one)));
  net->set_training(false);
  EXPECT_TRUE(at::allclose(net->features(x).slice(0, 0, 1), net->features(one), 1e-4, 1e-5));
}

class ResNetGates : public Backbones, public testing::WithParamInterface<const char*> {};

// With a channel closed, nothing that makes it or uses it matters, on whatever path: neither its
// convolution's rows, nor those of normalization and projection, nor the next convolution's
// columns.
TEST_P(ResNetGates, CloseAChannelWholly) {
  const auto net =
      make("resnet18", {1, 16, 16}, {{"width", {2L}}, {"norm", {std::string(GetParam())}}});
  ASSERT_NE(net->gates(), nullptr);
  const auto& gates = *net->gates();
  void* self = net->instance().self();
  std::int64_t n = 0;
  const auto* layers = gates.layers(self, &n);
  ASSERT_EQ(n, 17);
  net->set_training(false);
  const auto x = at::randn({4, 1, 16, 16});
  clh::core::TensorSink sink;
  net->instance().call("activations", gates.activations, clh::lend(x), sink.table());
  const auto seen = sink.take();
  ASSERT_EQ(seen.size(), 35U);
  EXPECT_TRUE(at::equal(seen[34].tensor, net->features(x)));
  const auto gated = [&](const std::vector<at::Tensor>& given) {
    std::vector<const clh_tensor*> handles;
    for (const auto& gate : given) {
      handles.push_back(clh::lend(gate));
    }
    return net->instance().make("gated", gates.features, clh::lend(x), handles.data(),
                                static_cast<std::int64_t>(handles.size()));
  };
  EXPECT_TRUE(at::equal(gated(std::vector<at::Tensor>(17)), net->features(x)));
  const auto parameters = net->parameters();
  for (const auto& p : parameters) {
    if (p.tensor.dim() == 1) {  // biases of normalization apart from 0, so that no unit is dead
      const at::NoGradGuard no_grad;
      at::Tensor(p.tensor).add_(0.5);
    }
  }
  for (std::int64_t l = 0; l < n; ++l) {
    const std::string name = layers[l].name;
    EXPECT_EQ(layers[l].input, l - 1);
    EXPECT_EQ(layers[l].bias, nullptr);
    EXPECT_EQ(seen[2 * static_cast<std::size_t>(l)].name, name + ".input");
    EXPECT_EQ(seen[2 * static_cast<std::size_t>(l) + 1].tensor.size(1), layers[l].units);
    std::vector<at::Tensor> given(17);
    given[static_cast<std::size_t>(l)] = at::ones({layers[l].units});
    given[static_cast<std::size_t>(l)][0] = 0;
    for (const auto& p : parameters) {
      at::Tensor(p.tensor).mutable_grad() = at::zeros_like(p.tensor);
    }
    gated(given).square().sum().backward();
    std::string owner;  // the gated weight registered last
    for (const auto& p : parameters) {
      for (std::int64_t k = 0; k < n; ++k) {
        owner = p.name == layers[k].weight ? layers[k].name : owner;
      }
      const auto grad = p.tensor.grad();
      if (owner == name) {
        ASSERT_EQ(p.tensor.size(0), layers[l].units) << p.name;
        EXPECT_EQ(grad[0].abs().sum().item<float>(), 0) << name << " closed: " << p.name;
        EXPECT_GT(grad[1].abs().sum().item<float>(), 0) << name << " closed: " << p.name;
      } else if (l + 1 < n && p.name == layers[l + 1].weight) {
        EXPECT_EQ(grad.select(1, 0).abs().sum().item<float>(), 0) << name << ": " << p.name;
        EXPECT_GT(grad.select(1, 1).abs().sum().item<float>(), 0) << name << ": " << p.name;
      }
    }
  }
  EXPECT_EQ(error_of([&] { gated(std::vector<at::Tensor>(16)); }).exit_code(),
            clh::core::kExitUsage);
}

INSTANTIATE_TEST_SUITE_P(Norms, ResNetGates, testing::Values("batch", "instance"));

TEST_F(Backbones, ResNetWithInstanceNormDependsOnEachSampleAlone) {
  const auto net =
      make("resnet18", {1, 16, 16}, {{"width", {2L}}, {"norm", {std::string("instance")}}});
  EXPECT_TRUE(net->buffers().empty());
  const auto x = at::randn({4, 1, 16, 16}), one = x.slice(0, 0, 1);
  net->set_training(true);
  const auto features = net->features(x);
  EXPECT_TRUE(at::allclose(features.slice(0, 0, 1), net->features(one), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(net->features(3 * x), features, 1e-2, 1e-2));  // epsilon apart
  net->set_training(false);
  EXPECT_TRUE(at::equal(net->features(x), features));
}

TEST_F(Backbones, InputsWithoutSenseAreRefused) {
  EXPECT_EQ(error_of([&] { make("resnet18", {784}); }).what(),
            std::string("org.clh.resnet18 0.1.0 in create: [backbone] resnet18: expected images "
                        "[C, H, W], found rank 1"));
  EXPECT_EQ(error_of([&] { make("cnn", {784}); }).exit_code(), clh::core::kExitUsage);
  EXPECT_EQ(error_of([&] {
              make("cnn", {1, 3, 28});
            }).what(),
            std::string("org.clh.cnn 0.1.0 in create: [backbone] channels: expected an image of at "
                        "least 1x1 after 2 poolings, found 0x7"));
  EXPECT_EQ(error_of([&] { make("mlp", {4}, {{"depth", {0L}}}); }).slug(), "bad-option");
}

}  // namespace backbones_test
