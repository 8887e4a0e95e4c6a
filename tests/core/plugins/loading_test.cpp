// Neutral plugins loaded and lived with in a program that has no LibTorch, and by many threads.
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/plugins/plugin_library.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/neutral_host.hpp"
#include "tests/support/places.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace loading_test {

using Wanted = std::pair<clh_kind, std::string>;
const Wanted kWanted[] = {{CLH_DATASET, "fashion-mnist"},
                          {CLH_DATASET, "mnist"},
                          {CLH_DATASET, "tiny"},
                          {CLH_ENCODER, "thermometer"}};

class Loading : public testing::Test {
 protected:
  /// The defaults of a component as arguments.
  static std::vector<clh_value> defaults(const clh_component& component) {
    std::vector<clh_value> values;
    for (std::uint32_t i = 0; i < component.n_params; ++i) {
      values.push_back(component.params[i].def);
    }
    return values;
  }

  /// Creates an instance at its defaults. Owner: the caller destroys it.
  template <class Spec>
  clh_object create(const clh_component& component, const Spec& spec) {
    clh_object object{};
    clh_error error{sizeof error, CLH_OK, {}};
    const auto values = defaults(component);
    EXPECT_EQ(component.create(&host_, &spec, values.data(), &object, &error), CLH_OK)
        << error.message;
    return object;
  }

  static HostFingerprint fingerprint() {
    HostFingerprint host;
    host.machine = host_machine();
    host.abi_major = CLH_ABI_MAJOR;
    host.abi_minor = CLH_ABI_MINOR;
    host.mapped_libraries = mapped_libraries();
    return host;
  }

  Catalogue catalogue_ = Catalogue::scan(
      {{PluginOrigin::kFile, test::in_build("lib/cl-host/plugins/fashion_mnist.so")},
       {PluginOrigin::kFile, test::in_build("lib/cl-host/plugins/mnist.so")},
       {PluginOrigin::kFile, test::in_build("tests/plugins/tiny.so")},
       {PluginOrigin::kFile, test::in_build("lib/cl-host/plugins/thermometer.so")}},
      fingerprint());
  PluginLibrary library_{catalogue_, TorchLayout{}};
  clh_host host_ = test::neutral_host();
};

// Every thread asks for every plugin, each beginning with another one.
TEST_F(Loading, ManyThreadsOpenEachPluginOnce) {
  constexpr std::size_t kThreads = 8;
  std::atomic<std::size_t> waiting{kThreads};
  std::vector<std::map<Wanted, const clh_component*>> seen(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      --waiting;
      while (waiting > 0) {
        std::this_thread::yield();
      }
      for (std::size_t i = 0; i < 40; ++i) {
        const auto& wanted = kWanted[(t + i) % std::size(kWanted)];
        const auto loaded = library_.load(wanted.first, wanted.second);
        seen[t][wanted] = loaded.component;
        EXPECT_EQ(&library_.owner(*loaded.component), loaded.plugin);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  for (const auto& one : seen) {
    EXPECT_EQ(one, seen.front());
  }
  EXPECT_EQ(library_.plugins().size(), std::size(kWanted));
}

TEST_F(Loading, AnEncoderNeedsNoLibTorch) {
  const auto& component = *library_.load(CLH_ENCODER, "thermometer").component;
  clh_encoder_spec spec{sizeof spec, 0, clh::Shape({2}).c_shape(), 0.0, 1.0};
  for (int i = 0; i < 200; ++i) {
    const auto object = create(component, spec);
    const auto& table = *static_cast<const clh_encoder_vt*>(object.vtable);
    clh_tensor x{clh::give_array<float>({3, 2}, {0.F, 1.F, 0.5F, 0.5F, 1.F, 0.F})};
    clh_error error{sizeof error, CLH_OK, {}};
    clh_tensor* bits = nullptr;
    EXPECT_EQ(table.encode(object.self, &x, &bits, &error), CLH_E_INVALID);  // not fitted yet
    EXPECT_EQ(bits, nullptr);
    ASSERT_EQ(table.fit(object.self, &x, &error), CLH_OK) << error.message;
    ASSERT_EQ(table.encode(object.self, &x, &bits, &error), CLH_OK) << error.message;
    const auto& array = bits->array->dl_tensor;
    EXPECT_EQ(array.shape[0], 3);
    // The least value has no bit, the largest has all.
    const auto* bit = static_cast<const std::uint8_t*>(array.data);
    EXPECT_EQ(bit[0], 0);
    EXPECT_EQ(bit[array.shape[2] - 1], 0);
    EXPECT_EQ(bit[array.shape[2]], 1);
    test::free_tensor(bits);
    x.array->deleter(x.array);
    table.destroy(object.self);
  }
}

TEST_F(Loading, ADatasetNeedsNoLibTorch) {
  const auto& component = *library_.load(CLH_DATASET, "tiny").component;
  const auto* bulk =
      static_cast<const clh_dataset_bulk_ext*>(component.get_extension("clh.dataset.bulk/1"));
  ASSERT_NE(bulk, nullptr);
  const clh_dataset_spec spec{sizeof spec, 0, nullptr};
  for (int i = 0; i < 20; ++i) {
    const auto object = create(component, spec);
    const auto& table = *static_cast<const clh_dataset_vt*>(object.vtable);
    EXPECT_EQ(table.info(object.self)->n_classes, 10);
    clh_error error{sizeof error, CLH_OK, {}};
    ASSERT_EQ(table.open(object.self, &error), CLH_OK) << error.message;
    DLManagedTensor *x = nullptr, *y = nullptr;
    ASSERT_EQ(bulk->load(object.self, CLH_TEST, &x, &y, &error), CLH_OK) << error.message;
    EXPECT_EQ(x->dl_tensor.shape[0], y->dl_tensor.shape[0]);
    table.destroy(object.self);
    x->deleter(x);  // arrays outlive their maker
    y->deleter(y);
  }
}

}  // namespace loading_test
}  // namespace clh::core
