// Lut: a network of look-up tables: an encoder turns values into bits, layers of tables follow.
// The structure of Bacellar et al., "Differentiable Weightless Neural Networks", arXiv:2410.11112,
// without its counting head: the features are the outputs of the last layer.
#include <clh/backbone.hpp>
#include <clh/component.hpp>

#include <ATen/core/Tensor.h>

namespace {
namespace nn = torch::nn;

/// Registers `tensor` under a dotted name, one sub-module for each part before the last.
void enroll(nn::Module& module, const std::string& name, const at::Tensor& tensor, bool buffer) {
  const auto dot = name.find('.');
  if (dot != std::string::npos) {
    const auto part = name.substr(0, dot);
    const auto children = module.named_children();
    const auto* child = children.find(part);
    enroll(child != nullptr ? **child
                            : *module.register_module(part, std::make_shared<nn::Module>(part)),
           name.substr(dot + 1), tensor, buffer);
  } else if (buffer) {
    module.register_buffer(name, tensor);
  } else {
    module.register_parameter(name, tensor);
  }
}

class Lut final : public clh::Backbone, public clh::EncodedBackbone {
 public:
  struct Options {
    clh::Component<clh::Encoder> encoder = "thermometer";
    clh::Component<clh::Layer> layer = "random";
    std::vector<std::int64_t> widths = {1000, 500};
    void bind(clh::OptionBinder& option) {
      option("encoder", encoder, "how values become bits");
      option("layer", layer, "wiring and tables of each layer");
      option("widths", widths, "tables in each layer, first to last").min(1);
    }
  };

  Lut(const clh::BackboneContext& context, const Options& options) : Backbone(context) {
    if (options.widths.empty()) {
      throw clh::UsageError("[widths] expected at least one layer, found none");
    }
    const auto* host = context.host;
    const clh_encoder_spec from{sizeof(clh_encoder_spec), 0, input_shape().c_shape(), input_low(),
                                input_high()};
    encoder_ = clh::Instance(host, options.encoder.factory(), &from, "encoder");
    fitted_ = coder().fit == nullptr;
    bits_ = encoder_.shape(coder().output_shape).numel();
    clh::Shape in{bits_};
    for (const auto width : options.widths) {
      const clh_layer_spec spec{sizeof(clh_layer_spec), static_cast<std::int32_t>(layers_.size()),
                                in.c_shape(), width};
      layers_.emplace_back(host, options.layer.factory(), &spec, "layer");
      in = layers_.back().shape(table(layers_.back()).output_shape);
      enroll_layer(layers_.size() - 1);
    }
    features_ = in;
  }

  clh::Shape feature_shape() const override { return features_; }

  void fit(const at::Tensor& x) override {  // [N, ...] float32
    if (coder().fit != nullptr) {
      clh::call(coder().fit, encoder_.self(), clh::lend(x.detach().contiguous()));
    }
    fitted_ = true;
  }

  at::Tensor encode(const at::Tensor& x) override {  // [B, ...] -> [B, W] uint8
    if (!fitted_) {
      throw clh::UsageError("[lut] expected fit before features, found an encoder without it");
    }
    return encoder_.map(coder().encode, x.detach().contiguous()).flatten(1);
  }

  at::Tensor features(const at::Tensor& x) override {  // [B, ...] or bits -> [B, F]
    const auto bits = x.scalar_type() == at::kByte ? x : encode(x);
    if (bits.dim() != 2 || bits.size(1) != bits_) {
      throw clh::UsageError("[lut] expected bits [B, " + std::to_string(bits_) + "], found " +
                            c10::str(bits.sizes()));
    }
    // Feature-major memory: the pins of a table are whole rows.
    auto h = bits.t().contiguous().to(at::kFloat).t();
    for (const auto& layer : layers_) {
      h = layer.map(table(layer).forward, h.flatten(1));
    }
    return h.flatten(1).contiguous();
  }

  void train(bool on) override {
    Backbone::train(on);
    for (const auto& layer : layers_) {
      layer.set_training(table(layer).set_training, on);
    }
  }
  void after_step() override {
    for (const auto& layer : layers_) {
      layer.notify(table(layer).after_step);
    }
  }
  void state(clh::Archive& archive) override {
    archive("fitted", fitted_);
    archive.record("encoder", [&] { encoder_.state(archive); });
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      archive.record(name(i).c_str(), [&] { layers_[i].state(archive); });
    }
  }

 private:
  static std::string name(std::size_t i) { return "layer" + std::to_string(i); }
  static const clh_layer_vt& table(const clh::Instance& layer) {
    return layer.table<clh_layer_vt>();
  }
  const clh_encoder_vt& coder() const { return encoder_.table<clh_encoder_vt>(); }

  void enroll_layer(std::size_t i) {
    const auto& layer = layers_[i];
    for (const auto& item : layer.collect(table(layer).parameters)) {
      enroll(*this, name(i) + "." + item.name, item.tensor, false);
    }
    for (const auto& item : layer.collect(table(layer).buffers)) {
      enroll(*this, name(i) + "." + item.name, item.tensor, true);
    }
  }

  clh::Instance encoder_;
  std::vector<clh::Instance> layers_;
  std::int64_t bits_ = 0;  // W
  clh::Shape features_;
  bool fitted_ = false;
};

}  // namespace

CLH_PLUGIN(clh::backbone<Lut>("lut", "Layers of look-up tables behind an encoder"));
