// @CLASS@: a wiring whose every pin reads an input drawn uniformly and independently.
#include <clh/layer.hpp>

#include <ATen/ops/tensor.h>

#include <string>
#include <vector>

namespace {

class @CLASS@ final : public clh::Layer {
 public:
  struct Options {
    clh::Component<clh::Node> node = "probabilistic";
    std::int64_t fan_in = 4;
    void bind(clh::OptionBinder& option) {
      option("node", node, "what the look-up tables are");
      option("fan-in", fan_in, "pins of each table, k").range(1, 8);
    }
  };

  @CLASS@(const clh::LayerContext& context, const Options& options)
      : clh::Layer(context), mapping_(draw(options.fan_in)) {
    const clh_node_spec spec{sizeof spec, static_cast<std::int32_t>(options.fan_in), units()};
    node_ = clh::Instance(c_host(), options.node.factory(), &spec, "node");
  }

  at::Tensor forward(const at::Tensor& x) override {  // [B, in] -> [B, units]
    if (x.dim() != 2 || x.size(1) != input_shape().numel()) {
      throw clh::UsageError("[layer] expected inputs [B, " + std::to_string(input_shape().numel()) +
                            "], found " + c10::str(x.sizes()));
    }
    clh_tensor* y = nullptr;
    clh::call(table().forward, node_.self(), clh::lend(x), clh::lend(mapping_), &y);
    return clh::adopt(y);
  }

  std::vector<clh::NamedTensor> parameters() override { return node_.collect(table().parameters); }
  // What is drawn is a buffer: copies of the network and checkpoints carry it.
  std::vector<clh::NamedTensor> buffers() override { return {{"mapping", mapping_}}; }
  at::Tensor mapping() override { return mapping_; }
  at::Tensor truth_table() override { return node_.make(table().truth_table); }
  void set_training(bool on) override { node_.set_training(table().set_training, on); }
  void after_step() override { node_.notify(table().after_step); }
  void state(clh::Archive& archive) override {
    archive.record("node", [&] { node_.state(archive); });
  }

 private:
  const clh_node_vt& table() const { return node_.table<clh_node_vt>(); }

  at::Tensor draw(std::int64_t fan_in) const {  // [units, k] int32
    auto stream = rng("method");
    std::vector<std::int32_t> inputs(static_cast<std::size_t>(units() * fan_in));
    for (auto& input : inputs) {
      input = static_cast<std::int32_t>(stream.below(input_shape().numel()));
    }
    return at::tensor(inputs).view({units(), fan_in});
  }

  at::Tensor mapping_;  // [units, k] int32; the host copies into this very tensor
  clh::Instance node_;
};

}  // namespace

CLH_PLUGIN(clh::layer<@CLASS@>("@NAME@", "Independent random wiring"));
