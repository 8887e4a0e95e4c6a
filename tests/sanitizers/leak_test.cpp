// Two hundred lives of every built-in component: LeakSanitizer finds no block without an owner, and
// the blocks in use do not become more. The allocator is LeakSanitizer's, so both see what
// LibTorch, the host and the plugins allocate, however they were compiled.
#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/instances/dataset_proxy.hpp"
#include "core/instances/plugin_instance.hpp"
#include "tests/plugins/models/model_harness.hpp"
#include "tests/support/places.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>
#include <unistd.h>

// The runtime's interface; the compilers disagree on where its headers are.
extern "C" {
int __lsan_do_recoverable_leak_check();
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*));
// Leaks are looked for after each component below; the last look, at exit, would only come after
// LibTorch has torn down what its blocks hang on.
const char* __lsan_default_options() {
  return "exitcode=0:print_suppressions=0";
}
}

namespace {

using clh::core::PluginInstance;
using clh::test::ModelHarness;
using clh::test::PluginRig;

constexpr int kCycles = 200;
// Caches that fill up, such as a thread's free lists; a leak of one block a cycle is above.
constexpr std::int64_t kSlack = 50;

std::atomic<std::int64_t>& blocks_in_use() {
  static std::atomic<std::int64_t> blocks{0};
  return blocks;
}

void count_blocks() {
  const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t) { ++blocks_in_use(); },
      [](const volatile void* block) { blocks_in_use() -= block != nullptr ? 1 : 0; });
  ASSERT_NE(installed, 0);
}

/// Runs `cycle` often. Returns: by how many the blocks in use grew after the first few times.
std::int64_t growth(const std::function<void()>& cycle) {
  for (int warm = 0; warm < 5; ++warm) {
    cycle();
  }
  const std::int64_t before = blocks_in_use();
  for (int i = 0; i < kCycles; ++i) {
    cycle();
  }
  return blocks_in_use() - before;
}

void expect_clean(const std::string& component, const std::function<void()>& cycle) {
  EXPECT_LE(growth(cycle), kSlack) << component << " keeps memory";
  EXPECT_EQ(__lsan_do_recoverable_leak_check(), 0) << component << " loses memory";
}

clh_shape shape(const std::vector<std::int64_t>& sizes) {
  return clh::Shape(sizes).c_shape();
}

class Leaks : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    at::set_num_threads(1);  // as cl-host does; LeakSanitizer has to stop every thread
    count_blocks();
  }
  std::vector<std::string> names(const char* kind) const { return rig_.catalogue().names(kind); }

  PluginRig rig_{0, {clh::test::in_build("tests/plugins/leaky.so")}};
};

TEST_F(Leaks, Models) {
  ASSERT_GE(names("model").size(), 8U);
  auto task = clh::test::random_task(8, {2}, {0, 1, 2, 3}, 1);
  task.raw.sigmoid_();  // generative-replay wants values in [0, 1]
  for (const auto& name : names("model")) {
    expect_clean(name, [&] {
      ModelHarness harness({name});
      harness.begin_task(task);
      harness.train(4);
      harness.end_task();
    });
  }
}

TEST_F(Leaks, Backbones) {
  ASSERT_GE(names("backbone").size(), 4U);
  const clh_backbone_spec spec{sizeof spec, 0, shape({1, 28, 28}), 0.0, 1.0};
  const auto x = at::rand({2, 1, 28, 28});
  for (const auto& name : names("backbone")) {
    // The full resnet18 has eleven million parameters.
    const auto width = clh::test::options({{"width", {std::int64_t{4}}}});
    const auto& factory =
        rig_.choose(CLH_BACKBONE, name, name == "resnet18" ? width : clh::core::ConfigTable());
    expect_clean(name, [&] {
      const PluginInstance backbone(rig_.run(), factory, &spec);
      if (const auto* encoder =
              backbone.extension<clh_backbone_encoder_ext>("clh.backbone.encoder/1")) {
        backbone.call("fit", encoder->fit, clh::lend(x));
      }
      backbone.make("features", backbone.table<clh_backbone_vt>().features, clh::lend(x));
    });
  }
}

TEST_F(Leaks, Encoders) {
  const clh_encoder_spec spec{sizeof spec, 0, shape({12}), 0.0, 1.0};
  const auto x = at::rand({5, 12});
  for (const auto& name : names("encoder")) {
    const auto& factory = rig_.choose(CLH_ENCODER, name);
    expect_clean(name, [&] {
      const PluginInstance encoder(rig_.run(), factory, &spec);
      const auto& table = encoder.table<clh_encoder_vt>();
      if (table.fit != nullptr) {
        encoder.call("fit", table.fit, clh::lend(x));
      }
      encoder.make("encode", table.encode, clh::lend(x));
    });
  }
}

TEST_F(Leaks, Nodes) {
  const clh_node_spec spec{sizeof spec, 3, 4};
  for (const auto& name : names("node")) {
    const auto& factory = rig_.choose(CLH_NODE, name);
    expect_clean(name, [&] {
      const PluginInstance node(rig_.run(), factory, &spec);
      node.make("truth_table", node.table<clh_node_vt>().truth_table);
    });
  }
}

TEST_F(Leaks, Layers) {
  const clh_layer_spec spec{sizeof spec, 0, shape({40}), 16};
  for (const auto& name : names("layer")) {
    const auto& factory = rig_.choose(CLH_LAYER, name);
    expect_clean(name, [&] {
      const PluginInstance layer(rig_.run(), factory, &spec);
      const auto x = at::rand({3, 40});
      layer.make("forward", layer.table<clh_layer_vt>().forward, clh::lend(x)).sum().backward();
    });
  }
}

TEST_F(Leaks, Datasets) {
  ASSERT_GE(names("dataset").size(), 2U);
  for (const auto& name : names("dataset")) {
    const auto& factory = rig_.choose(CLH_DATASET, name);
    expect_clean(name, [&] {
      clh::core::DatasetProxy dataset(rig_.run(), factory);
      EXPECT_GT(dataset.info().n_classes, 0);
    });
  }
}

// The test split of real pictures: files, gzip, and tensors that the host takes over.
TEST_F(Leaks, DataOfADataset) {
  const auto& factory = rig_.choose(CLH_DATASET, "fashion-mnist");
  for (int i = 0; i < 3; ++i) {
    clh::core::DatasetProxy dataset(rig_.run(), factory);
    dataset.open();
    EXPECT_EQ(dataset.load(CLH_TEST).size(), 10000);
  }
  EXPECT_EQ(__lsan_do_recoverable_leak_check(), 0);
}

/// In a process of its own, for what is lost stays lost.
[[noreturn]] void live_with(PluginRig& rig, const std::string& leak) {
  const clh_encoder_spec spec{sizeof spec, 0, shape({12}), 0.0, 1.0};
  const auto& factory = rig.choose(CLH_ENCODER, "leaky", clh::test::options({{"leak", {leak}}}));
  const bool kept = growth([&] { PluginInstance(rig.run(), factory, &spec); }) > kSlack;
  const bool lost = __lsan_do_recoverable_leak_check() != 0;
  ::_exit((kept ? 2 : 0) + (lost ? 1 : 0));
}

TEST_F(Leaks, DeliberateOnesAreFound) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process, not a fork of this one
  EXPECT_EXIT(live_with(rig_, "none"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(live_with(rig_, "hoarded"), testing::ExitedWithCode(2), "");
  EXPECT_EXIT(live_with(rig_, "lost"), testing::ExitedWithCode(3), "detected memory leaks");
}

}  // namespace
