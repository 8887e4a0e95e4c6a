#include <clh/backbone.hpp>

#include <torch/nn/modules/linear.h>

#include "core/validate/probe_plugin.hpp"

namespace clh::core {
namespace {

constexpr std::int64_t kProbeUnits = 12;

class SmallNetwork final : public Backbone, public GatedBackbone {
 public:
  explicit SmallNetwork(const BackboneContext& context)
      : Backbone(context),
        hidden_(register_module("hidden", torch::nn::Linear(input_shape().numel(), kProbeUnits))) {}

  Shape feature_shape() const override { return {kProbeUnits}; }
  at::Tensor features(const at::Tensor& x) override {  // [B, ...] -> [B, kProbeUnits]
    return hidden_->forward(x.flatten(1)).relu();
  }

  std::vector<GateLayer> gate_layers() const override {
    return {{"hidden", "hidden.weight", "hidden.bias", kProbeUnits, -1}};
  }
  std::vector<NamedTensor> activations(const at::Tensor& x) override {
    const auto in = x.flatten(1);
    const auto out = hidden_->forward(in);
    return {{"hidden.input", in}, {"hidden.output", out}, {"features", out.relu()}};
  }
  at::Tensor gated_features(const at::Tensor& x, const std::vector<at::Tensor>& gates) override {
    const auto open = features(x);
    return !gates.empty() && gates[0].defined() ? open * gates[0] : open;
  }

 private:
  torch::nn::Linear hidden_;
};

}  // namespace

ComponentDescription probe_backbone() {
  return backbone<SmallNetwork>(kProbeBackbone, "One hidden layer for validation");
}

}  // namespace clh::core
