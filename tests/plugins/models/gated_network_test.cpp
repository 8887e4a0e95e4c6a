// GatedNetwork on a made-up network, whose parameters and activations are only names and shapes.
#include <clh/networks/gated_network.hpp>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include <gtest/gtest.h>

namespace gated_network_test {

using clh::GatedNetwork;

/// Slots and the names of activations, in the order given.
class FakeNetwork {
 public:
  FakeNetwork& slot(const char* name, std::vector<std::int64_t> dims,
                    std::int64_t first_output = -1) {
    const clh::Shape shape(std::move(dims));
    slots_.push_back({name, size_, shape.numel(), first_output, shape.c_shape()});
    size_ += shape.numel();
    return *this;
  }
  FakeNetwork& gate(const char* name, const char* weight, std::int64_t units, std::int64_t input) {
    gates_.push_back({name, weight, nullptr, units, input});
    return *this;
  }

  /// A model's view of it. Owner: borrows this object.
  GatedNetwork found() {
    info_.struct_size = sizeof info_;
    info_.outputs = 2;
    info_.n_values = size_;
    info_.n_slots = static_cast<std::int64_t>(slots_.size());
    info_.slots = slots_.data();
    info_.features = clh::Shape{3}.c_shape();
    table_.struct_size = sizeof table_;
    table_.info = [](void* self) -> const clh_network_info* { return &of(self).info_; };
    host_.struct_size = sizeof host_;
    host_.get_extension = [](void*, const char*) -> const void* {
      static const clh_network_gates_ext gates{
          sizeof gates, 0, [](void* self, std::int64_t* n) -> const clh_gate_layer* {
            *n = static_cast<std::int64_t>(of(self).gates_.size());
            return of(self).gates_.data();
          }};
      return &gates;
    };
    spec_.net_vt = &table_;
    spec_.net = this;
    GatedNetwork network({&host_, &spec_});
    network.find_layers();
    return network;
  }

 private:
  static FakeNetwork& of(void* self) { return *static_cast<FakeNetwork*>(self); }

  std::vector<clh_slot> slots_;
  std::vector<clh_gate_layer> gates_;
  std::int64_t size_ = 0;
  clh_network_info info_{};
  clh_network_vt table_{};
  clh_host host_{};
  clh_model_spec spec_{};
};

/// A convolution with normalization and shortcut, one fed by it, a layer fed by more than that.
FakeNetwork convolutions() {
  FakeNetwork net;
  net.slot("backbone.a.weight", {2, 1, 3, 3}).slot("backbone.a_bn.weight", {2});
  net.slot("backbone.b.weight", {3, 2, 3, 3}).slot("backbone.shortcut.weight", {3, 1, 1, 1});
  net.slot("backbone.c.weight", {3, 12}).slot("backbone.c.bias", {3});
  net.slot("head.0.weight", {2, 3}, 0).slot("head.0.bias", {2}, 0);
  net.gate("a", "backbone.a.weight", 2, -1).gate("b", "backbone.b.weight", 3, 0);
  net.gate("c", "backbone.c.weight", 3, 1);
  return net;
}

TEST(GatedNetwork, FindsLayersTheirFeedersAndWhatElseIsTheirs) {
  auto net = convolutions();
  const auto gated = net.found();
  const auto& layers = gated.layers();
  ASSERT_EQ(layers.size(), 3U);
  EXPECT_EQ(gated.units(), 8);
  EXPECT_EQ(layers[1].name, "backbone.b");
  EXPECT_EQ(layers[1].first, 2);
  EXPECT_EQ(layers[1].units, 3);
  EXPECT_EQ(layers[0].input, -1);
  EXPECT_EQ(layers[1].input, 0);
  EXPECT_EQ(layers[2].input, -1);  // twelve inputs, three units before it
  ASSERT_EQ(layers[1].others.size(), 1U);
  EXPECT_EQ(layers[1].others[0].offset, 18 + 2 + 54);
  ASSERT_EQ(gated.head_weights().size(), 1U);
  EXPECT_EQ(gated.head_weights()[0].offset, 116);
  EXPECT_EQ(gated.head_weights()[0].inputs, 3);
  ASSERT_NE(gated.not_fully_connected(), nullptr);
  EXPECT_EQ(gated.not_fully_connected()->name, "backbone.a");
}

TEST(GatedNetwork, SpreadsNumbersOfUnitsOverParameters) {
  auto net = convolutions();
  const auto gated = net.found();
  const auto of_units = at::tensor({5.F, 1.F, 2.F, 9.F, 3.F, 7.F, 8.F, 4.F});
  const auto all = gated.per_parameter(of_units);
  const auto part = [&](std::int64_t offset, std::int64_t count) {
    const auto slice = all.narrow(0, offset, count);
    return std::vector<float>(slice.data_ptr<float>(), slice.data_ptr<float>() + count);
  };
  const auto repeat = [](const std::vector<float>& each, int times) {
    std::vector<float> out;
    for (const float x : each) {
      out.insert(out.end(), static_cast<std::size_t>(times), x);
    }
    return out;
  };
  EXPECT_EQ(part(0, 18), repeat({5, 1}, 9));
  EXPECT_EQ(part(18, 2), (std::vector<float>{5, 1}));
  EXPECT_EQ(part(20, 54), repeat({2, 1, 5, 1, 3, 1}, 9));  // min of unit and feeder
  EXPECT_EQ(part(74, 3), (std::vector<float>{2, 9, 3}));
  EXPECT_EQ(part(77, 36), repeat({7, 8, 4}, 12));
  EXPECT_EQ(part(113, 3), (std::vector<float>{7, 8, 4}));
  EXPECT_EQ(part(116, 8), repeat({0}, 8));
}

TEST(GatedNetwork, KnowsAPlainChain) {
  const auto chain = [](std::int64_t features) {
    FakeNetwork net;
    net.slot("backbone.a.weight", {2, 4}).slot("backbone.a.bias", {2});
    net.slot("backbone.b.weight", {features, 2});
    net.slot("head.0.weight", {2, features}, 0);
    net.gate("a", "backbone.a.weight", 2, -1).gate("b", "backbone.b.weight", features, 0);
    return net;
  };
  auto plain = chain(3), other = chain(2);  // the network says it has three features
  EXPECT_EQ(plain.found().not_fully_connected(), nullptr);
  const auto gated = other.found();
  ASSERT_NE(gated.not_fully_connected(), nullptr);
  EXPECT_EQ(gated.not_fully_connected()->name, "backbone.b");
}

TEST(GatedNetwork, RefusesParametersThatBelongToNoUnit) {
  FakeNetwork before, wide, none;
  before.slot("backbone.scale", {2}).slot("backbone.a.weight", {2, 4});
  before.gate("a", "backbone.a.weight", 2, -1);
  wide.slot("backbone.a.weight", {2, 4}).slot("backbone.table", {5, 2});
  wide.gate("a", "backbone.a.weight", 2, -1);
  none.slot("backbone.a.weight", {2, 4});
  const auto text_of = [](FakeNetwork& net) -> std::string {
    try {
      net.found();
    } catch (const clh::UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(text_of(before).find("found backbone.scale"), std::string::npos);
  EXPECT_NE(text_of(wide).find("found backbone.table"), std::string::npos);
  EXPECT_NE(text_of(none).find("expected layers with gates"), std::string::npos);
}

}  // namespace gated_network_test
