#include "core/instances/vjp_node.hpp"

#include <clh/component.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <optional>
#include <string>

#include "core/state/state_record.hpp"
#include "tests/support/places.hpp"
#include "tests/support/plugin_rig.hpp"
#include <gtest/gtest.h>

namespace clh {
namespace vjp_node_test {
using test::PluginRig;

constexpr std::int64_t kUnits = 3, kInputs = 5;
constexpr std::int32_t kFanIn = 2;

/// A node in C that knows nothing of LibTorch, y_u = sigmoid(b_u + sum_j w_uj x_uj).
struct NodeInC {
  NodeInC()
      : rig(0, {test::in_build("tests/abi/plugins/c_neuron.so")}),
        node(rig.create(CLH_NODE, "c-neuron", clh_node_spec{0, kFanIn, kUnits})) {}

  const clh_node_vt& table() const { return node->table<clh_node_vt>(); }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& pins) const {
    clh_tensor* y = nullptr;
    call(table().forward, node->self(), lend(x), lend(pins), &y);
    return adopt(y);
  }
  at::Tensor forward(const at::Tensor& x) const { return forward(x, mapping); }
  at::Tensor parameter(std::size_t i) const {
    return node->collect(table().parameters).at(i).tensor;
  }

  PluginRig rig;
  std::optional<Instance> node;
  // Input 1 feeds two tables, input 4 none.
  at::Tensor mapping = at::tensor({0, 1, 1, 2, 3, 0}, at::kInt).view({kUnits, kFanIn});
};

/// x [4, 5] in [0, 1), in feature-major memory as a network of look-up tables has it.
at::Tensor samples() {
  return (at::arange(20).to(at::kFloat) * 0.61803399F).remainder(1).view({kInputs, 4}).t();
}

TEST(VjpNode, GetsAFullTableFromTheHost) {
  const NodeInC c;
  EXPECT_EQ(c.table().struct_size, sizeof(clh_node_vt));
  EXPECT_NE(c.table().forward, nullptr);
  EXPECT_EQ(c.table().table, nullptr) << "no table in training";
  const auto parameters = c.node->collect(c.table().parameters);
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters[0].name, "w");
  EXPECT_EQ(parameters[0].tensor.sizes(), (std::vector<std::int64_t>{kUnits, kFanIn}));
  EXPECT_EQ(parameters[1].name, "b");
  EXPECT_TRUE(parameters[0].tensor.is_leaf() && parameters[0].tensor.requires_grad());
  EXPECT_EQ(parameters[0].tensor.unsafeGetTensorImpl(), c.parameter(0).unsafeGetTensorImpl());
}

TEST(VjpNode, GivesTheFormulaOfItsParameters) {
  const NodeInC c;
  const auto x = samples();
  const auto pins = x.index_select(1, c.mapping.flatten()).view({4, kUnits, kFanIn});
  const auto expected = at::sigmoid((pins * c.parameter(0)).sum(2) + c.parameter(1));
  EXPECT_TRUE(at::allclose(c.forward(x), expected, 0, 1e-6));  // float32, two ways
}

TEST(VjpNode, PassesTheValuesThatTheHostHasThen) {
  const NodeInC c;
  const auto w = c.parameter(0), b = c.parameter(1);
  // As the arena does: the leaf stays the same object, its memory is the host's.
  w.set_data(at::zeros({kUnits, kFanIn}));
  b.set_data(at::full({kUnits}, 2.0F));
  EXPECT_TRUE(at::allclose(c.forward(samples()), at::full({4, kUnits}, 1 / (1 + std::exp(-2.0F)))));
  const auto truth = c.node->make(c.table().truth_table);
  EXPECT_TRUE(at::equal(truth, at::ones({kUnits, 4}, at::kByte)));
}

/// The derivative of `value()` along entry i of `t`, by central differences.
template <class Value>
double difference(const at::Tensor& t, std::int64_t i, Value value) {
  const c10::NoGradGuard no_grad;
  constexpr double kStep = 1e-2;  // float32: rounding 1e-7 / 1e-2, curvature 1e-4 / 6
  auto flat = t.view({-1});
  const auto kept = flat[i].item<float>();
  flat[i] = kept + kStep;
  const double above = value();
  flat[i] = kept - kStep;
  const double below = value();
  flat[i] = kept;
  return (above - below) / (2 * kStep);
}

TEST(VjpNode, HasTheGradientOfFiniteDifferences) {
  const NodeInC c;
  const auto x = samples().contiguous().set_requires_grad(true);
  const auto w = c.parameter(0), b = c.parameter(1);
  const auto weight = at::linspace(-1, 1, 4 * kUnits).view({4, kUnits});
  const auto value = [&] { return (c.forward(x) * weight).to(at::kDouble).sum(); };
  const auto grads = torch::autograd::grad({value()}, {x, w, b});
  const at::Tensor inputs[] = {x, w, b};
  for (std::size_t k = 0; k < grads.size(); ++k) {
    for (std::int64_t i = 0; i < grads[k].numel(); ++i) {
      EXPECT_NEAR(grads[k].flatten()[i].item<double>(),
                  difference(inputs[k].detach(), i, [&] { return value().item<double>(); }), 1e-4)
          << "of input " << k << " along " << i;
    }
  }
  EXPECT_TRUE(at::equal(grads[0].select(1, 4), at::zeros({4}))) << "an input that nothing reads";
}

TEST(VjpNode, AccumulatesIntoItsLeaves) {
  const NodeInC c;
  const auto b = c.parameter(1);
  b.mutable_grad() = at::zeros({kUnits});
  const auto* kept = b.grad().data_ptr();
  c.forward(samples()).sum().backward();
  const auto once = b.grad().clone();
  c.forward(samples()).sum().backward();
  EXPECT_TRUE(at::equal(b.grad(), 2 * once));
  EXPECT_EQ(b.grad().data_ptr(), kept);
}

TEST(VjpNode, TakesBits) {
  const NodeInC c;
  const auto bits = (samples() > 0.5).to(at::kByte);
  EXPECT_TRUE(at::equal(c.forward(bits), c.forward(bits.to(at::kFloat))));
}

TEST(VjpNode, RefusesWrongTensors) {
  const NodeInC c;
  const auto text = [&c](const at::Tensor& x, const at::Tensor& pins) {
    try {
      c.forward(x, pins);
    } catch (const StatusError& e) {
      EXPECT_EQ(e.code, CLH_E_INVALID);
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(text(samples().to(at::kDouble), c.mapping),
            "[clh.node.vjp/1] expected x [B, in] float32 or uint8 on the CPU");
  EXPECT_EQ(text(samples(), c.mapping.to(at::kLong)),
            "[clh.node.vjp/1] expected mapping [3, 2] int32");
  EXPECT_EQ(text(samples(), c.mapping + 2), "[clh.node.vjp/1] expected pins of mapping in [0, 5)");
}

TEST(VjpNode, IsDifferentiableOnceAndWhileItLives) {
  NodeInC c;
  const auto x = samples().contiguous().set_requires_grad(true);
  const auto y = c.forward(x).sum();
  EXPECT_THROW(torch::autograd::grad({y}, {x}, {}, true, true), c10::Error);
  c.node.reset();
  EXPECT_THROW(y.backward(), c10::Error) << "the graph outlives the node, and says so";
}

TEST(VjpNode, OfANodeWithoutStateHasNone) {
  const NodeInC c;
  EXPECT_EQ(c.node->extension<clh_state_ext>("clh.state/1"), nullptr);
  EXPECT_EQ(c.node->extension<clh_node_vjp_ext>("clh.node.vjp/1"), nullptr)
      << "its instance is the host's";
}

/// A node with state whose tables are this test's.
struct Remembering {
  std::int64_t memory = 0;
  bool destroyed = false;
  at::Tensor parameter = at::zeros({2});

  static clh_object object(Remembering& self, const clh_node_vt& table) {
    return {&table, &self, &component()};
  }
  static clh_node_vt table() {
    clh_node_vt vt{};
    vt.struct_size = sizeof vt;
    vt.destroy = [](void* p) { static_cast<Remembering*>(p)->destroyed = true; };
    vt.parameters = [](void* p, const clh_tensor_sink* sink, clh_error* e) -> clh_status {
      return sink->put(sink->ctx, "p", lend(static_cast<Remembering*>(p)->parameter), e);
    };
    vt.truth_table = [](void*, clh_tensor**, clh_error* e) -> clh_status {
      return fail(e, CLH_E_STATE, "no truth table yet");
    };
    return vt;
  }
  static const clh_component& component() {
    static const clh_node_vjp_ext gradient{
        sizeof gradient, 0,
        [](void*, const clh_array*, const std::int32_t*, const clh_array*, clh_array*,
           clh_error* e) -> clh_status { return fail(e, CLH_E_NOMEM, "no memory left"); },
        [](void*, const clh_array*, const std::int32_t*, const clh_array*, const clh_array*,
           clh_array*, clh_array*, clh_error*) -> clh_status { return CLH_OK; }};
    static const clh_state_ext state{
        sizeof state, 3,
        [](void* p, const clh_writer* writer, clh_error*) -> clh_status {
          Archive archive(*writer);
          archive("memory", static_cast<Remembering*>(p)->memory);
          return CLH_OK;
        },
        [](void* p, std::uint32_t version, const clh_reader* reader, clh_error*) -> clh_status {
          EXPECT_EQ(version, 3U);
          Archive archive(*reader, version);
          archive("memory", static_cast<Remembering*>(p)->memory);
          return CLH_OK;
        }};
    static const clh_component component = [] {
      clh_component c{};
      c.struct_size = sizeof c;
      c.kind = CLH_NODE;
      c.id = "remembering";
      c.get_extension = [](const char* id) -> const void* {
        return std::string(id) == "clh.state/1"      ? static_cast<const void*>(&state)
               : std::string(id) == "clh.node.vjp/1" ? &gradient
                                                     : nullptr;
      };
      return c;
    }();
    return component;
  }
};

TEST(VjpNode, PassesStateErrorsAndDestructionOn) {
  const auto table = Remembering::table();
  const clh_node_spec spec{sizeof spec, 1, 1};
  Remembering saved, loaded;
  saved.memory = 7;
  core::StateRecord record;
  for (auto* node : {&saved, &loaded}) {
    const auto wrapped = core::wrap_vjp_node(Remembering::object(*node, table), spec);
    const auto* state =
        static_cast<const clh_state_ext*>(wrapped.component->get_extension("clh.state/1"));
    ASSERT_NE(state, nullptr);
    if (node == &saved) {
      const core::StateWriter writer(record);
      EXPECT_EQ(state->save(wrapped.self, &writer.table(), nullptr), CLH_OK);
    } else {
      const core::StateReader reader(record);
      EXPECT_EQ(state->load(wrapped.self, state->version, &reader.table(), nullptr), CLH_OK);
    }
    const auto* vt = static_cast<const clh_node_vt*>(wrapped.vtable);
    auto error = empty_error();
    clh_tensor* y = nullptr;
    EXPECT_EQ(vt->truth_table(wrapped.self, &y, &error), CLH_E_STATE);
    EXPECT_STREQ(error.message, "no truth table yet");
    const auto x = at::zeros({1, 1});
    const auto mapping = at::zeros({1, 1}, at::kInt);
    EXPECT_EQ(vt->forward(wrapped.self, lend(x), lend(mapping), &y, &error), CLH_E_NOMEM);
    EXPECT_STREQ(error.message, "no memory left");
    EXPECT_EQ(y, nullptr);
    EXPECT_FALSE(node->destroyed);
    vt->destroy(wrapped.self);
    EXPECT_TRUE(node->destroyed);
  }
  EXPECT_EQ(loaded.memory, 7);
}

TEST(VjpNode, RefusesAParameterOfAnotherType) {
  const auto table = Remembering::table();
  const clh_node_spec spec{sizeof spec, 1, 1};
  Remembering node;
  node.parameter = at::zeros({2}, at::kDouble);
  EXPECT_THROW(core::wrap_vjp_node(Remembering::object(node, table), spec), StatusError);
  EXPECT_FALSE(node.destroyed) << "whoever asked still owns it";
}

}  // namespace vjp_node_test
}  // namespace clh
