// GatedNetwork on a made-up network, whose parameters and activations are only names and shapes.
#include <clh/networks/gated_network.hpp>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include <gtest/gtest.h>

namespace gated_network_test {

using clh::GatedNetwork;

/// Slots and the names of activations, in the order given.
class ComponentDescription {
 public:
  ComponentDescription& slot(const char* name, std::vector<std::int64_t> dims,
                             std::int64_t first_output = -1) {
    const clh::Shape shape(std::move(dims));
    slots_.push_back({name, size_, shape.numel(), first_output, shape.c_shape()});
    size_ += shape.numel();
    return *this;
  }
  ComponentDescription& layer(const char* name) {
    seen_.push_back(std::string(name) + ".input");
    seen_.push_back(std::string(name) + ".output");
    return *this;
  }

  /// A network that has run one sample. Owner: borrows this object.
  GatedNetwork learned(bool training = true) {
    info_.struct_size = sizeof info_;
    info_.outputs = 2;
    info_.n_values = size_;
    info_.n_slots = static_cast<std::int64_t>(slots_.size());
    info_.slots = slots_.data();
    info_.features = clh::Shape{3}.c_shape();
    table_.struct_size = sizeof table_;
    table_.info = [](void* self) -> const clh_network_info* { return &of(self).info_; };
    table_.set_training = [](void* self, std::int32_t on, clh_error*) -> clh_status {
      of(self).modes.push_back(on);
      return CLH_OK;
    };
    table_.activations = [](void* self, const clh_tensor* x, const clh_tensor_sink* sink,
                            clh_error* error) -> clh_status {
      of(self).samples = clh::borrow(x).size(0);
      for (const auto& name : of(self).seen_) {
        sink->put(sink->ctx, name.c_str(), x, error);
      }
      return CLH_OK;
    };
    spec_.net_vt = &table_;
    spec_.net = this;
    GatedNetwork network({nullptr, &spec_});
    network.learn(at::zeros({5, 4}), training);
    return network;
  }

  std::vector<std::int32_t> modes;
  std::int64_t samples = 0;

 private:
  static ComponentDescription& of(void* self) { return *static_cast<ComponentDescription*>(self); }

  std::vector<clh_slot> slots_;
  std::vector<std::string> seen_;
  std::int64_t size_ = 0;
  clh_network_info info_{};
  clh_network_vt table_{};
  clh_model_spec spec_{};
};

/// A convolution with normalization and shortcut, one fed by it, a layer fed by more than that.
ComponentDescription convolutions() {
  ComponentDescription net;
  net.slot("backbone.a.weight", {2, 1, 3, 3}).slot("backbone.a_bn.weight", {2});
  net.slot("backbone.b.weight", {3, 2, 3, 3}).slot("backbone.shortcut.weight", {3, 1, 1, 1});
  net.slot("backbone.c.weight", {3, 12}).slot("backbone.c.bias", {3});
  net.slot("head.0.weight", {2, 3}, 0).slot("head.0.bias", {2}, 0);
  net.layer("backbone.a").layer("backbone.b").layer("backbone.c").layer("head.0");
  return net;
}

TEST(GatedNetwork, FindsLayersTheirFeedersAndWhatElseIsTheirs) {
  auto net = convolutions();
  const auto gated = net.learned(true);
  EXPECT_EQ(net.modes, (std::vector<std::int32_t>{0, 1}));  // looked in eval mode, and went back
  EXPECT_EQ(net.samples, 1);
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
  const auto gated = net.learned();
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
    ComponentDescription net;
    net.slot("backbone.a.weight", {2, 4}).slot("backbone.a.bias", {2});
    net.slot("backbone.b.weight", {features, 2});
    net.slot("head.0.weight", {2, features}, 0);
    net.layer("backbone.a").layer("backbone.b").layer("head.0");
    return net;
  };
  auto plain = chain(3), other = chain(2);  // the network says it has three features
  EXPECT_EQ(plain.learned().not_fully_connected(), nullptr);
  const auto gated = other.learned();
  ASSERT_NE(gated.not_fully_connected(), nullptr);
  EXPECT_EQ(gated.not_fully_connected()->name, "backbone.b");
}

TEST(GatedNetwork, RefusesParametersThatBelongToNoUnit) {
  ComponentDescription before, wide, none;
  before.slot("backbone.scale", {2}).slot("backbone.a.weight", {2, 4}).layer("backbone.a");
  wide.slot("backbone.a.weight", {2, 4}).slot("backbone.table", {5, 2}).layer("backbone.a");
  none.slot("backbone.a.weight", {2, 4}).layer("backbone.b");
  const auto text_of = [](ComponentDescription& net) -> std::string {
    try {
      net.learned();
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
