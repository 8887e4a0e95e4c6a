// ResNet18: the residual network with the stem for small images: one 3x3 convolution of stride 1
// and no max-pooling in front of four stages of two basic blocks.
// He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", arXiv:1512.03385, fig. 5
// left and table 1. Differs from the paper: the stem above, and 1x1 projections with batch norm
// where the shape changes (its option B), as the continual-learning literature has it; LibTorch's
// own initialisation.
// Its units are channels. Each convolution on the main path is a layer with gates: the stem, the
// first of a block, and the second, whose gate closes the block's output behind sum and
// non-linearity, what the shortcut brings included. So each is fed by the one before it alone, and
// normalization and projection, registered behind a convolution, have a row for each of its units.
// `norm=instance` (Ulyanov et al., arXiv:1607.08022) has no running statistics: what gates must
// keep as it was, batch norm would not.
#include <clh/backbone.hpp>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace {
namespace nn = torch::nn;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t stride) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, size).stride(stride).padding(size / 2).bias(false));
}

enum class Norm { kBatch, kInstance };

/// Weight and bias are batch norm's in either form; only batch norm has buffers.
nn::BatchNorm2d normalization(std::int64_t channels, Norm norm) {
  return nn::BatchNorm2d(
      nn::BatchNorm2dOptions(channels).track_running_stats(norm == Norm::kBatch));
}
at::Tensor normalized(nn::BatchNorm2d& norm, const at::Tensor& x) {
  return norm->options.track_running_stats()
             ? norm->forward(x)
             : at::instance_norm(x, norm->weight, norm->bias, {}, {}, true, 0.0,
                                 norm->options.eps(), false);
}

/// h [B, C, H, W] with its channels multiplied by a gate [C]; undefined = open.
at::Tensor gated(const at::Tensor& h, const at::Tensor& gate) {
  return gate.defined() ? h * gate.view({-1, 1, 1}) : h;
}

/// y = relu(F(x) + shortcut(x)), F = two 3x3 convolutions, each normalized (eq. 1 and 2).
class BasicBlock final : public nn::Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, Norm norm)
      : conv1_(register_module("conv1", convolution(in, out, 3, stride))),
        bn1_(register_module("bn1", normalization(out, norm))),
        conv2_(register_module("conv2", convolution(out, out, 3, 1))),
        bn2_(register_module("bn2", normalization(out, norm))) {
    if (stride != 1 || in != out) {
      projection_ = register_module("projection", convolution(in, out, 1, stride));
      projection_bn_ = register_module("projection_bn", normalization(out, norm));
    }
  }

  /// x [B, in, H, W] -> [B, out, H/s, W/s]. Gates are [out], that of the first convolution and of
  /// the sum. See is called with each convolution's name, input and output.
  template <class See>
  at::Tensor forward(const at::Tensor& x, const at::Tensor& inner, const at::Tensor& outer,
                     See&& see) {
    auto y = conv1_->forward(x);
    see("conv1", x, y);
    const auto h = gated(normalized(bn1_, y).relu_(), inner);
    y = conv2_->forward(h);
    see("conv2", h, y);
    y = normalized(bn2_, y);
    y = y + (projection_ ? normalized(projection_bn_, projection_->forward(x)) : x);
    return gated(y.relu_(), outer);
  }

 private:
  nn::Conv2d conv1_;
  nn::BatchNorm2d bn1_;
  nn::Conv2d conv2_;
  nn::BatchNorm2d bn2_;
  nn::Conv2d projection_{nullptr};
  nn::BatchNorm2d projection_bn_{nullptr};
};

class ResNet18 final : public clh::Backbone, public clh::GatedBackbone {
 public:
  static constexpr const char* kCite = "He, Zhang, Ren, Sun 2015, arXiv:1512.03385";

  struct Options {
    std::int64_t width = 64;
    Norm norm = Norm::kBatch;
    void bind(clh::OptionBinder& option) {
      option("width", width, "channels of the first stage; doubled at each of the next three")
          .range(1, 1024);
      option("norm", norm,
             "over the batch, or over each channel of each sample: no statistics kept")
          .choices({"batch", "instance"});
    }
  };

  ResNet18(const clh::BackboneContext& context, const Options& options)
      : Backbone(context), features_(8 * options.width) {
    if (input_shape().rank() != 3) {
      throw clh::UsageError("[backbone] resnet18: expected images [C, H, W], found rank " +
                            std::to_string(input_shape().rank()));
    }
    const auto last = [](std::int64_t size) { return (size + 7) / 8; };  // after three strides of 2
    if (options.norm == Norm::kInstance && last(input_shape()[1]) * last(input_shape()[2]) == 1) {
      throw clh::UsageError(
          "[backbone] norm: expected batch, or samples larger than 8x8, because a map of one pixel "
          "is 0 under instance norm, found instance with samples of " +
          std::to_string(input_shape()[1]) + "x" + std::to_string(input_shape()[2]));
    }
    auto in = options.width;
    stem_ = register_module("stem", convolution(input_shape()[0], in, 3, 1));
    stem_bn_ = register_module("stem_bn", normalization(in, options.norm));
    for (std::int64_t stage = 0; stage < 4; ++stage) {
      const auto out = options.width << stage;
      for (std::int64_t block = 0; block < 2; ++block, in = out) {
        const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        blocks_.push_back(
            register_module(block_name(blocks_.size()),
                            std::make_shared<BasicBlock>(in, out, stride, options.norm)));
      }
    }
  }

  clh::Shape feature_shape() const override { return {features_}; }

  at::Tensor features(const at::Tensor& x) override {  // [B, C, H, W] -> [B, 8 * width]
    return run(x, std::vector<at::Tensor>(kGates), [](auto&&...) {});
  }

  std::vector<clh::GateLayer> gate_layers() const override {
    std::vector<clh::GateLayer> list{{"stem", "stem.weight", "", features_ / 8, -1}};
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      for (const char* convolution : {".conv1", ".conv2"}) {
        const auto name = block_name(b) + convolution;
        list.push_back({name, name + ".weight", "", (features_ / 8) << (b / 2),
                        static_cast<std::int64_t>(list.size()) - 1});
      }
    }
    return list;
  }

  /// `<layer>.output` is the convolution's, before normalization.
  std::vector<clh::NamedTensor> activations(const at::Tensor& x) override {
    std::vector<clh::NamedTensor> seen;
    const auto features =
        run(x, std::vector<at::Tensor>(kGates),
            [&](const std::string& layer, const at::Tensor& input, const at::Tensor& output) {
              seen.push_back({layer + ".input", input});
              seen.push_back({layer + ".output", output});
            });
    seen.push_back({"features", features});
    return seen;
  }

  at::Tensor gated_features(const at::Tensor& x, const std::vector<at::Tensor>& gates) override {
    if (gates.size() != kGates) {
      throw clh::UsageError("[gates] expected " + std::to_string(kGates) + ", found " +
                            std::to_string(gates.size()));
    }
    return run(x, gates, [](auto&&...) {});
  }

 private:
  static constexpr std::size_t kGates = 17;  // the stem, and two in each of eight blocks

  static std::string block_name(std::size_t block) {
    return "stage" + std::to_string(block / 2 + 1) + "_" + std::to_string(block % 2 + 1);
  }

  template <class See>
  at::Tensor run(const at::Tensor& x, const std::vector<at::Tensor>& gates, See&& see) {
    const auto stem = stem_->forward(x);
    see("stem", x, stem);
    auto h = gated(normalized(stem_bn_, stem).relu_(), gates[0]);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      h = blocks_[b]->forward(h, gates[2 * b + 1], gates[2 * b + 2],
                              [&](const char* name, const auto& input, const auto& output) {
                                see(block_name(b) + "." + name, input, output);
                              });
    }
    return h.mean({2, 3});
  }

  std::int64_t features_;
  nn::Conv2d stem_{nullptr};
  nn::BatchNorm2d stem_bn_{nullptr};
  std::vector<std::shared_ptr<BasicBlock>> blocks_;
};

}  // namespace

CLH_PLUGIN(clh::backbone<ResNet18>("resnet18", "ResNet-18 for small images"));
