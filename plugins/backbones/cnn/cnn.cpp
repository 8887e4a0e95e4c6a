// Cnn: a small convolutional backbone for 28x28 and 32x32 images: 3x3 convolution, ReLU and 2x2
// max-pooling once per entry of `channels`, then one hidden layer. LibTorch's own initialisation.
#include <clh/backbone.hpp>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace {
namespace nn = torch::nn;

class Cnn final : public clh::Backbone {
 public:
  struct Options {
    std::vector<std::int64_t> channels{32, 64};
    std::int64_t features = 128;
    void bind(clh::OptionBinder& option) {
      option("channels", channels, "output channels of each convolution").min(1);
      option("features", features, "units of the hidden layer").min(1);
    }
  };

  Cnn(const clh::BackboneContext& context, const Options& options) : Backbone(context) {
    const auto& input = input_shape();
    if (input.rank() != 3) {
      throw clh::UsageError("[backbone] cnn: expected images [C, H, W], found rank " +
                            std::to_string(input.rank()));
    }
    auto in = input[0], height = input[1], width = input[2];
    for (const auto out : options.channels) {
      const auto name = "conv" + std::to_string(convolutions_.size() + 1);
      convolutions_.push_back(
          register_module(name, nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1))));
      in = out;
      height /= 2;
      width /= 2;
    }
    if (height < 1 || width < 1) {
      throw clh::UsageError("[backbone] channels: expected an image of at least 1x1 after " +
                            std::to_string(options.channels.size()) + " poolings, found " +
                            std::to_string(height) + "x" + std::to_string(width));
    }
    hidden_ = register_module("hidden", nn::Linear(in * height * width, options.features));
  }

  clh::Shape feature_shape() const override { return {hidden_->options.out_features()}; }

  at::Tensor features(const at::Tensor& x) override {  // [B, C, H, W] -> [B, features]
    auto h = x;
    for (auto& convolution : convolutions_) {
      h = at::max_pool2d(convolution->forward(h).relu_(), 2);
    }
    return hidden_->forward(h.flatten(1)).relu_();
  }

 private:
  std::vector<nn::Conv2d> convolutions_;
  nn::Linear hidden_{nullptr};
};

}  // namespace

CLH_PLUGIN(clh::backbone<Cnn>("cnn", "Small convolutional network"));
