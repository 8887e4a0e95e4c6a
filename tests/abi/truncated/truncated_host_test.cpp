// SDK plugins on hosts whose tables end early, as those of an older minor do: each answers with a
// clear error, none reads what is not there.
#include <clh/component.hpp>

#include <ATen/ops/zeros.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/network/network_table.hpp"
#include "core/network/optimizer.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace clh {
namespace {
using test::PluginRig;

/// A copy of a table that says it ends after `size` bytes; what follows crashes when it is called.
template <class Table>
Table cut(const Table& whole, std::uint32_t size) {
  Table table = whole;
  std::memset(reinterpret_cast<char*>(&table) + size, 0x5a, sizeof table - size);
  table.struct_size = size;
  return table;
}

/// The host's table as an instance of the rig sees it.
struct Host {
  Host() : host(rig.run(), "test", "test") {}
  PluginRig rig;
  core::InstanceHost host;
};

/// The answer of a component to a host and a spec; its message, "" when it was created.
std::string answer(const clh_factory& factory, const clh_host& host, const void* spec) {
  auto error = empty_error();
  clh_object made{};
  const auto status = factory.component->create(&host, spec, factory.args, &made, &error);
  if (status == CLH_OK) {
    static_cast<const clh_layer_vt*>(made.vtable)->destroy(made.self);
    return "";
  }
  EXPECT_EQ(status, CLH_E_UNSUPPORTED);
  EXPECT_EQ(made.self, nullptr) << "an out-parameter was touched";
  return error.message;
}

/// Every built-in component but models, whose spec holds tables, with a spec it accepts.
struct Specs {
  clh_backbone_spec backbone{sizeof backbone, 0, Shape{1, 32, 32}.c_shape(), 0, 1};
  clh_dataset_spec dataset{sizeof dataset, 0, nullptr};
  clh_encoder_spec encoder{sizeof encoder, 0, Shape{4}.c_shape(), 0, 1};
  clh_node_spec node{sizeof node, 2, 3};
  clh_layer_spec layer{sizeof layer, 0, Shape{8}.c_shape(), 4};
};
struct Named {
  clh_kind kind;
  const char* name;
  const void* spec;
  std::uint32_t spec_size;
};
std::vector<Named> components(const Specs& specs) {
  return {{CLH_BACKBONE, "mlp", &specs.backbone, sizeof specs.backbone},
          {CLH_BACKBONE, "cnn", &specs.backbone, sizeof specs.backbone},
          {CLH_BACKBONE, "resnet18", &specs.backbone, sizeof specs.backbone},
          {CLH_BACKBONE, "lut", &specs.backbone, sizeof specs.backbone},
          {CLH_DATASET, "fashion-mnist", &specs.dataset, sizeof specs.dataset},
          {CLH_DATASET, "mnist", &specs.dataset, sizeof specs.dataset},
          {CLH_ENCODER, "thermometer", &specs.encoder, sizeof specs.encoder},
          {CLH_NODE, "probabilistic", &specs.node, sizeof specs.node},
          {CLH_LAYER, "random", &specs.layer, sizeof specs.layer}};
}

TEST(TruncatedHost, EveryComponentRefusesAHostTableThatEndsEarly) {
  Host here;
  const Specs specs;
  for (const auto& c : components(specs)) {
    const auto& factory = here.rig.choose(c.kind, c.name);
    EXPECT_EQ(answer(factory, *here.host.table(), c.spec), "") << c.name;
    for (std::uint32_t size = 8; size < sizeof(clh_host); size += 8) {
      EXPECT_EQ(answer(factory, cut(*here.host.table(), size), c.spec),
                "expected clh_host of " + std::to_string(sizeof(clh_host)) +
                    " bytes or more, found " + std::to_string(size))
          << c.name;
    }
  }
}

TEST(TruncatedHost, EveryComponentRefusesASpecThatEndsEarly) {
  Host here;
  const Specs specs;
  for (const auto& c : components(specs)) {
    std::vector<std::uint64_t> bytes(c.spec_size / 8);
    std::memcpy(bytes.data(), c.spec, c.spec_size);
    const std::uint32_t size = c.spec_size - 8;
    std::memcpy(bytes.data(), &size, sizeof size);
    EXPECT_EQ(answer(here.rig.choose(c.kind, c.name), *here.host.table(), bytes.data()),
              "expected the spec of " + std::to_string(c.spec_size) + " bytes or more, found " +
                  std::to_string(size))
        << c.name;
  }
}

TEST(TruncatedHost, EveryModelRefusesTablesThatEndEarly) {
  Host here;
  const auto whole_network = *core::network_table();
  const auto whole_optimizer = *core::Optimizer::table();
  clh_criterion_vt whole_criterion{sizeof whole_criterion, 0, nullptr};
  clh_augment_vt whole_augment{sizeof whole_augment, 0, nullptr};
  const auto names = here.rig.catalogue().names("model");
  EXPECT_GE(names.size(), 44U);
  for (const auto& name : names) {
    const auto& factory = here.rig.choose(CLH_MODEL, name);
    const auto with = [&](const clh_network_vt& net, const clh_optimizer_vt& opt,
                          const clh_criterion_vt& crit, const clh_augment_vt& aug) {
      int nothing = 0;
      const clh_model_spec spec{sizeof spec, CLH_CLASS_IL, &net,     &nothing, &opt,
                                &nothing,    &crit,        &nothing, &aug,     &nothing};
      return answer(factory, *here.host.table(), &spec);
    };
    for (std::uint32_t size = 16; size < sizeof(clh_network_vt); size += 8) {
      EXPECT_EQ(with(cut(whole_network, size), whole_optimizer, whole_criterion, whole_augment),
                "expected clh_network_vt of 120 bytes or more, found " + std::to_string(size))
          << name;
    }
    EXPECT_EQ(with(whole_network, cut(whole_optimizer, 48), whole_criterion, whole_augment),
              "expected clh_optimizer_vt of 56 bytes or more, found 48");
    EXPECT_EQ(with(whole_network, whole_optimizer, cut(whole_criterion, 8), whole_augment),
              "expected clh_criterion_vt of 16 bytes or more, found 8");
    EXPECT_EQ(with(whole_network, whole_optimizer, whole_criterion, cut(whole_augment, 8)),
              "expected clh_augment_vt of 16 bytes or more, found 8");
  }
}

TEST(TruncatedHost, AnExtensionThatEndsEarlyCountsAsAbsent) {
  Host here;
  auto host = *here.host.table();
  host.get_extension = [](void*, const char*) -> const void* {
    static const clh_lut_ext early{8, 0, nullptr};
    return &early;
  };
  const clh_node_spec spec{sizeof spec, 2, 3};
  const auto& factory = here.rig.choose(CLH_NODE, "probabilistic");
  clh_object made{};
  ASSERT_EQ(factory.component->create(&host, &spec, factory.args, &made, nullptr), CLH_OK);
  const auto& table = *static_cast<const clh_node_vt*>(made.vtable);
  const auto x = at::zeros({1, 2});
  const auto mapping = at::zeros({3, 2}, at::kInt);
  clh_tensor* y = nullptr;
  auto error = empty_error();
  EXPECT_EQ(table.forward(made.self, lend(x), lend(mapping), &y, &error), CLH_E_UNSUPPORTED);
  EXPECT_STREQ(error.message, "expected a host with clh.lut/1, found one without");
  EXPECT_EQ(y, nullptr);
  table.destroy(made.self);
}

TEST(TruncatedHost, ALayerSaysThatItsNodeEndsEarly) {
  Host here;
  auto host = *here.host.table();
  host.create = [](void*, const clh_factory* factory, const void*, clh_object* out,
                   clh_error*) -> clh_status {
    static const clh_node_vt early = [] {
      clh_node_vt vt{};
      vt.struct_size = offsetof(clh_node_vt, truth_table);
      vt.destroy = [](void*) {};
      return vt;
    }();
    static char instance = 0;
    *out = {&early, &instance, factory->component};
    return CLH_OK;
  };
  const clh_layer_spec spec{sizeof spec, 0, Shape{8}.c_shape(), 4};
  const auto& factory = here.rig.choose(CLH_LAYER, "random");
  clh_object made{};
  ASSERT_EQ(factory.component->create(&host, &spec, factory.args, &made, nullptr), CLH_OK);
  const auto& table = *static_cast<const clh_layer_vt*>(made.vtable);
  const auto x = at::zeros({1, 8});
  clh_tensor* y = nullptr;
  auto error = empty_error();
  EXPECT_EQ(table.forward(made.self, lend(x), &y, &error), CLH_E_UNSUPPORTED);
  EXPECT_STREQ(error.message, "expected a component's table of 64 bytes or more, found 32");
  table.destroy(made.self);
}

}  // namespace
}  // namespace clh
