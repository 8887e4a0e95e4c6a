// The facts on which the arena stands, and its optimizers against LibTorch's own.
#include "core/network/arena.hpp"

#include <torch/torch.h>

#include "core/error.hpp"
#include "core/network/criterion.hpp"
#include "core/network/linear_head.hpp"
#include "core/network/optimizer.hpp"
#include <gtest/gtest.h>

namespace arena_test {

using namespace clh::core;  // NOLINT

struct Net {
  Net() {
    torch::manual_seed(1);
    first = torch::nn::Linear(6, 5);
    second = torch::nn::Linear(5, 3);
  }
  at::Tensor forward(const at::Tensor& x) { return second(at::tanh(first(x))); }
  std::vector<at::Tensor> parameters() {
    return {first->weight, first->bias, second->weight, second->bias};
  }
  torch::nn::Linear first{nullptr}, second{nullptr};
};

std::unique_ptr<Arena> arena_of(Net& net, std::int64_t room = 0) {
  auto arena = std::make_unique<Arena>(6 * 5 + 5 + 5 * 3 + 3 + room);
  int i = 0;
  for (const auto& p : net.parameters()) {
    arena->attach("p" + std::to_string(i++), p, -1);
  }
  return arena;
}

TEST(Arena, ValuesAndGradientsAreOneVectorSharedWithTheModule) {
  Net plain, moved;
  const auto arena = arena_of(moved);
  EXPECT_EQ(arena->size(), 53);
  const auto x = at::randn({4, 6});
  plain.forward(x).sum().backward();
  moved.forward(x).sum().backward();
  std::vector<at::Tensor> expected;
  for (const auto& p : plain.parameters()) {
    expected.push_back(p.grad().flatten());
  }
  EXPECT_TRUE(at::equal(arena->grads(), at::cat(expected)));
  moved.forward(x).sum().backward();  // accumulates in place
  EXPECT_TRUE(at::allclose(arena->grads(), 2 * at::cat(expected)));

  const at::NoGradGuard no_grad;
  at::Tensor(arena->values()).add_(1.0);
  EXPECT_TRUE(at::equal(moved.first->weight, plain.first->weight + 1.0));
}

TEST(Arena, OldSlotsKeepTheirPlaceOverTenGrowthSteps) {
  Net net;
  const auto arena = arena_of(net, 10 * 4);
  const auto* start = arena->values().data_ptr<float>();
  const auto before = arena->values().clone();
  std::vector<at::Tensor> grown;
  for (int i = 0; i < 10; ++i) {
    grown.push_back(at::full({2, 2}, static_cast<float>(i), at::kFloat).requires_grad_());
    arena->attach("g" + std::to_string(i), grown.back(), 2 * i);
    EXPECT_EQ(arena->values().data_ptr<float>(), start);
    EXPECT_TRUE(at::equal(arena->values().narrow(0, 0, 53), before));
  }
  EXPECT_EQ(arena->slots()[13].offset, 53 + 9 * 4);
  EXPECT_EQ(arena->slots()[13].first_output, 18);
  EXPECT_THROW(arena->attach("more", at::zeros({1}).requires_grad_(), -1), Error);
}

TEST(Arena, PutsDroppedAndReplacedGradientsBackWithoutLoss) {
  Net net;
  const auto arena = arena_of(net);
  at::Tensor(arena->grads()).fill_(7.0);
  net.first->weight.mutable_grad() = at::Tensor();                       // dropped: gradient zero
  net.first->bias.mutable_grad() = at::full_like(net.first->bias, 3.0);  // replaced
  arena->reattach();
  EXPECT_EQ(arena->grads()[0].item<float>(), 0.0F);
  EXPECT_EQ(arena->grads()[30].item<float>(), 3.0F);
  EXPECT_EQ(arena->grads()[35].item<float>(), 7.0F);
  EXPECT_EQ(net.first->bias.grad().data_ptr<float>(), arena->grads().data_ptr<float>() + 30);
}

TEST(Arena, FindsAReplacedStorage) {
  Net net;
  const auto arena = arena_of(net);
  net.first->weight.set_data(at::zeros({5, 6}));
  EXPECT_THROW(arena->reattach(), Error);
}

TEST(Arena, SkipsFrozenParametersInItsRuns) {
  Net net;
  const auto arena = arena_of(net);
  EXPECT_EQ(arena->trainable().size(), 1U);
  net.first->bias.set_requires_grad(false);
  const auto runs = arena->trainable();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].count, 30);
  EXPECT_EQ(runs[1].offset, 35);
}

/// Ten steps of our rule and of LibTorch's optimizer on the same data.
template <class Reference>
void expect_same_path(const OptimizerChoice& choice, Reference make_reference) {
  Net ours, theirs;
  const auto arena = arena_of(ours);
  Optimizer optimizer(choice);
  optimizer.join(*arena);
  auto reference = make_reference(theirs.parameters());
  torch::manual_seed(2);
  for (int step = 0; step < 10; ++step) {
    const auto x = at::randn({8, 6});
    const auto y = at::randint(3, {8});
    optimizer.zero_grad();
    torch::nn::functional::cross_entropy(ours.forward(x), y).backward();
    optimizer.step();
    reference->zero_grad();
    torch::nn::functional::cross_entropy(theirs.forward(x), y).backward();
    reference->step();
  }
  std::vector<at::Tensor> expected;
  for (const auto& p : theirs.parameters()) {
    expected.push_back(p.detach().flatten());
  }
  // Ten steps in float32: rounding of differently ordered operations, well below a step's size.
  EXPECT_TRUE(at::allclose(arena->values(), at::cat(expected), 1e-5, 1e-6));
}

TEST(Optimizer, SgdEqualsLibTorchs) {
  for (const bool nesterov : {false, true}) {
    SgdOptions options;
    options.lr = 0.05;
    options.momentum = 0.9;
    options.nesterov = nesterov;
    options.weight_decay = 0.01;
    expect_same_path({"sgd", options}, [&](std::vector<at::Tensor> p) {
      return std::make_unique<torch::optim::SGD>(
          p, torch::optim::SGDOptions(0.05).momentum(0.9).nesterov(nesterov).weight_decay(0.01));
    });
  }
}

TEST(Optimizer, AdamEqualsLibTorchs) {
  AdamOptions options;
  options.lr = 0.01;
  options.weight_decay = 0.02;
  expect_same_path({"adam", options}, [&](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::Adam>(p,
                                                torch::optim::AdamOptions(0.01).weight_decay(0.02));
  });
  expect_same_path({"adamw", options}, [&](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::AdamW>(
        p, torch::optim::AdamWOptions(0.01).weight_decay(0.02));
  });
}

TEST(Optimizer, LeavesFrozenParametersAlone) {
  Net net;
  const auto arena = arena_of(net);
  net.first->weight.set_requires_grad(false);
  SgdOptions options;
  options.lr = 1.0;
  options.weight_decay = 0.5;
  Optimizer optimizer({"sgd", options});
  optimizer.join(*arena);
  const auto before = net.first->weight.clone();
  const auto bias = net.first->bias.detach().clone();
  optimizer.step();
  EXPECT_TRUE(at::equal(net.first->weight, before));
  EXPECT_TRUE(at::allclose(net.first->bias, 0.5 * bias));
}

// A block that joins later has its own bias correction: it moves as a new LibTorch Adam moves it.
TEST(Optimizer, AnAppendedBlockCountsItsOwnSteps) {
  torch::manual_seed(4);
  const auto start = at::randn({2, 3});
  const auto leaf = [&](std::int64_t row) { return start[row].clone().requires_grad_(); };
  const auto first = leaf(0), second = leaf(1), reference = leaf(1);
  Arena arena(6);
  arena.attach("first", first, -1);
  AdamOptions options;
  options.lr = 0.1;
  Optimizer optimizer({"adam", options});
  optimizer.join(arena);
  const auto step = [&](Optimizer& one, const at::Tensor& x) {
    one.zero_grad();
    (x * x * x).sum().backward();
    one.step();
  };
  step(optimizer, first);
  step(optimizer, first);
  arena.attach("second", second, -1);
  torch::optim::Adam fresh({reference}, torch::optim::AdamOptions(0.1));
  for (int i = 0; i < 3; ++i) {
    step(optimizer, second);
    fresh.zero_grad();
    (reference * reference * reference).sum().backward();
    fresh.step();
  }
  EXPECT_TRUE(at::allclose(second, reference, 1e-6, 1e-7)) << second << reference;
}

TEST(Optimizer, AddedLeavesTrainToo) {
  SgdOptions options;
  options.lr = 0.5;
  Optimizer optimizer({"sgd", options});
  const auto leaf = at::ones({2}).requires_grad_();
  optimizer.add("own", leaf);
  optimizer.zero_grad();
  (leaf * leaf).sum().backward();
  optimizer.step();
  EXPECT_TRUE(at::equal(leaf, at::zeros({2})));
  EXPECT_THROW(optimizer.add("own", at::ones({2}).requires_grad_()), Error);
}

// Cross-entropy of (0, ln 3) for label 1 is -ln(3/4), by hand.
TEST(Criterion, IsCrossEntropyOverAllOutputs) {
  const Criterion criterion({});
  const auto z = at::tensor({0.0, std::log(3.0)}, at::kFloat).view({1, 2});
  EXPECT_NEAR(criterion.loss(z, at::tensor({1}, at::kLong), false).item<double>(), -std::log(0.75),
              1e-6);
  EXPECT_EQ(criterion.loss(z, at::tensor({1}, at::kLong), true).sizes(),
            (std::vector<std::int64_t>{1}));
}

// Blocks {0, 1} and {2, 3}: the large third output plays no part for label 0: -ln(1/2).
TEST(Criterion, RestrictsTheSoftmaxToTheLabelsBlock) {
  const Criterion criterion({0, 0, 1, 1});
  const auto z = at::tensor({1.0, 1.0, 50.0, 0.0}, at::kFloat).view({1, 4}).requires_grad_();
  const auto loss = criterion.loss(z, at::tensor({0}, at::kLong), false);
  EXPECT_NEAR(loss.item<double>(), std::log(2.0), 1e-6);
  loss.backward();
  EXPECT_EQ(z.grad()[0][2].item<float>(), 0.0F);
}

TEST(LinearHead, GrowsWithoutTouchingOldBlocks) {
  torch::manual_seed(0);
  LinearHead head(4, HeadInit::kXavier);
  head.grow(2);
  const auto x = at::randn({3, 4});
  const auto before = head.classify(x).clone();
  head.grow(3);
  const auto after = head.classify(x);
  EXPECT_EQ(after.size(1), 5);
  EXPECT_TRUE(at::equal(after.narrow(1, 0, 2), before));
  EXPECT_EQ(head.blocks()[1].first_output, 2);
  // Xavier: |w| <= sqrt(6 / (4 + 3)).
  EXPECT_LE(head.blocks()[1].weight.abs().max().item<double>(), std::sqrt(6.0 / 7.0));
  EXPECT_EQ(head.blocks()[1].bias.abs().max().item<double>(), 0.0);
}

}  // namespace arena_test
