// Mlp: the fully connected backbone used for MNIST-sized inputs; units can be gated.
// Weights as Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
// networks", AISTATS 2010, eq. 16: U(-a, a) with a = sqrt(6 / (fan_in + fan_out)); biases 0.
#include <clh/backbone.hpp>

#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>

namespace {
namespace nn = torch::nn;

class Mlp final : public clh::Backbone, public clh::GatedBackbone {
 public:
  enum class Init { kXavier, kDefault };

  struct Options {
    std::int64_t width = 100;
    std::int64_t depth = 2;
    Init init = Init::kXavier;
    void bind(clh::OptionBinder& option) {
      option("width", width, "units in each hidden layer").min(1);
      option("depth", depth, "number of hidden layers").min(1);
      option("init", init, "xavier: Glorot uniform, zero bias; default: LibTorch's own")
          .choices({"xavier", "default"});
    }
  };

  Mlp(const clh::BackboneContext& context, const Options& options)
      : Backbone(context), width_(options.width) {
    auto in = input_shape().numel();
    for (std::int64_t i = 1; i <= options.depth; ++i, in = width_) {
      const auto layer = register_module("fc" + std::to_string(i), nn::Linear(in, width_));
      if (options.init == Init::kXavier) {
        nn::init::xavier_uniform_(layer->weight);
        nn::init::zeros_(layer->bias);
      }
      layers_.push_back(layer);
    }
  }

  clh::Shape feature_shape() const override { return {width_}; }

  at::Tensor features(const at::Tensor& x) override {  // [B, ...] -> [B, width]
    auto h = x.flatten(1);
    for (auto& layer : layers_) {
      h = layer->forward(h).relu_();
    }
    return h;
  }

  std::vector<clh::GateLayer> gate_layers() const override {
    std::vector<clh::GateLayer> list;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const auto name = layer_name(i);
      list.push_back(
          {name, name + ".weight", name + ".bias", width_, static_cast<std::int64_t>(i) - 1});
    }
    return list;
  }

  std::vector<clh::NamedTensor> activations(const at::Tensor& x) override {
    std::vector<clh::NamedTensor> seen;
    auto h = x.flatten(1);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const auto z = layers_[i]->forward(h);
      seen.push_back({layer_name(i) + ".input", h});   // [B, in]
      seen.push_back({layer_name(i) + ".output", z});  // [B, width]
      h = z.relu();
    }
    seen.push_back({"features", h});
    return seen;
  }

  at::Tensor gated_features(const at::Tensor& x, const std::vector<at::Tensor>& gates) override {
    if (gates.size() != layers_.size()) {
      throw clh::UsageError("[gates] expected " + std::to_string(layers_.size()) + ", found " +
                            std::to_string(gates.size()));
    }
    auto h = x.flatten(1);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      h = layers_[i]->forward(h).relu_();
      if (gates[i].defined()) {
        h = h * gates[i];  // [B, width] * [width]
      }
    }
    return h;
  }

 private:
  static std::string layer_name(std::size_t i) { return "fc" + std::to_string(i + 1); }

  std::int64_t width_;
  std::vector<nn::Linear> layers_;
};

}  // namespace

CLH_PLUGIN(clh::backbone<Mlp>("mlp", "Multi-layer perceptron"));
