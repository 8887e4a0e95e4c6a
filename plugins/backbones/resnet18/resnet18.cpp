// ResNet18: the residual network with the stem for small images: one 3x3 convolution of stride 1
// and no max-pooling in front of four stages of two basic blocks.
// He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", arXiv:1512.03385, fig. 5
// left and table 1. Differs from the paper: the stem above, and 1x1 projections with batch norm
// where the shape changes (its option B), as the continual-learning literature has it; LibTorch's
// own initialisation.
#include <clh/backbone.hpp>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace {
namespace nn = torch::nn;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t stride) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, size).stride(stride).padding(size / 2).bias(false));
}

/// y = relu(F(x) + shortcut(x)), F = two 3x3 convolutions with batch norm (eq. 1 and 2).
class BasicBlock final : public nn::Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
      : conv1_(register_module("conv1", convolution(in, out, 3, stride))),
        bn1_(register_module("bn1", nn::BatchNorm2d(out))),
        conv2_(register_module("conv2", convolution(out, out, 3, 1))),
        bn2_(register_module("bn2", nn::BatchNorm2d(out))) {
    if (stride != 1 || in != out) {
      projection_ = register_module("projection", convolution(in, out, 1, stride));
      projection_bn_ = register_module("projection_bn", nn::BatchNorm2d(out));
    }
  }

  torch::Tensor forward(const torch::Tensor& x) {  // [B, in, H, W] -> [B, out, H/s, W/s]
    auto y = bn1_->forward(conv1_->forward(x)).relu_();
    y = bn2_->forward(conv2_->forward(y));
    return (y + (projection_ ? projection_bn_->forward(projection_->forward(x)) : x)).relu_();
  }

 private:
  nn::Conv2d conv1_;
  nn::BatchNorm2d bn1_;
  nn::Conv2d conv2_;
  nn::BatchNorm2d bn2_;
  nn::Conv2d projection_{nullptr};
  nn::BatchNorm2d projection_bn_{nullptr};
};

class ResNet18 final : public clh::Backbone {
 public:
  static constexpr const char* kCite = "He, Zhang, Ren, Sun 2015, arXiv:1512.03385";

  struct Options {
    std::int64_t width = 64;
    void bind(clh::OptionBinder& option) {
      option("width", width, "channels of the first stage; doubled at each of the next three")
          .range(1, 1024);
    }
  };

  ResNet18(const clh::BackboneContext& context, const Options& options)
      : Backbone(context), features_(8 * options.width) {
    if (input_shape().rank() != 3) {
      throw clh::UsageError("[backbone] resnet18: expected images [C, H, W], found rank " +
                            std::to_string(input_shape().rank()));
    }
    auto in = options.width;
    stem_ = register_module("stem", convolution(input_shape()[0], in, 3, 1));
    stem_bn_ = register_module("stem_bn", nn::BatchNorm2d(in));
    for (std::int64_t stage = 0; stage < 4; ++stage) {
      const auto out = options.width << stage;
      for (std::int64_t block = 0; block < 2; ++block, in = out) {
        const auto name = "stage" + std::to_string(stage + 1) + "_" + std::to_string(block + 1);
        const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        blocks_.push_back(register_module(name, std::make_shared<BasicBlock>(in, out, stride)));
      }
    }
  }

  clh::Shape feature_shape() const override { return {features_}; }

  torch::Tensor features(const torch::Tensor& x) override {  // [B, C, H, W] -> [B, 8 * width]
    auto h = stem_bn_->forward(stem_->forward(x)).relu_();
    for (auto& block : blocks_) {
      h = block->forward(h);
    }
    return h.mean({2, 3});
  }

 private:
  std::int64_t features_;
  nn::Conv2d stem_{nullptr};
  nn::BatchNorm2d stem_bn_{nullptr};
  std::vector<std::shared_ptr<BasicBlock>> blocks_;
};

}  // namespace

CLH_PLUGIN(clh::backbone<ResNet18>("resnet18", "ResNet-18 for small images"));
