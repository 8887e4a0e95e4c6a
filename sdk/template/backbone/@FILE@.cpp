// @CLASS@: a perceptron with two hidden layers. Only the features are here; the head that turns
// them into outputs is the host's.
#include <clh/backbone.hpp>

#include <torch/nn/modules/linear.h>

namespace {

class @CLASS@ final : public clh::Backbone {
 public:
  struct Options {
    std::int64_t width = 100;
    void bind(clh::OptionBinder& option) {
      option("width", width, "units in each hidden layer").min(1);
    }
  };

  @CLASS@(const clh::BackboneContext& context, const Options& options)
      : clh::Backbone(context), width_(options.width) {
    first_ = register_module("first", torch::nn::Linear(input_shape().numel(), width_));
    second_ = register_module("second", torch::nn::Linear(width_, width_));
  }

  clh::Shape feature_shape() const override { return {width_}; }

  at::Tensor features(const at::Tensor& x) override {  // [B, ...] -> [B, width]
    return second_->forward(first_->forward(x.flatten(1)).relu()).relu();
  }

 private:
  std::int64_t width_;
  torch::nn::Linear first_ = nullptr, second_ = nullptr;
};

}  // namespace

CLH_PLUGIN(clh::backbone<@CLASS@>("@NAME@", "Perceptron with two hidden layers"));
