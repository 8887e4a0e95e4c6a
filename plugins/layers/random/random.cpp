// Random: a layer whose pins read inputs dealt at random, each input as often as any other.
// Bacellar et al., "Differentiable Weightless Neural Networks", arXiv:2410.11112, use such fixed
// random wirings; dealing from whole permutations makes them balanced.
#include <clh/layer.hpp>

#include <ATen/ops/tensor.h>

#include "deal.hpp"

namespace {

class RandomWiring final : public clh::Layer {
 public:
  struct Options {
    clh::Component<clh::Node> node = "probabilistic";
    std::int64_t fan_in = 6;
    void bind(clh::OptionBinder& option) {
      option("node", node, "what the look-up tables are");
      option("fan-in", fan_in, "pins of each table, k").range(1, 8);
    }
  };

  RandomWiring(const clh::LayerContext& context, const Options& options)
      : Layer(context), inputs_(input_shape().numel()), mapping_(wire(options.fan_in)) {
    const clh_node_spec spec{sizeof(clh_node_spec), static_cast<std::int32_t>(options.fan_in),
                             units()};
    node_ = clh::Instance(c_host(), options.node.factory(), &spec, "node");
  }

  at::Tensor forward(const at::Tensor& x) override {  // [B, in] -> [B, units]
    if (x.dim() != 2 || x.size(1) != inputs_) {
      throw clh::UsageError("[layer] expected inputs [B, " + std::to_string(inputs_) + "], found " +
                            c10::str(x.sizes()));
    }
    clh_tensor* y = nullptr;
    clh::call(table().forward, node_.self(), clh::lend(x), clh::lend(mapping_), &y);
    return clh::adopt(y);
  }

  std::vector<clh::NamedTensor> parameters() override {
    auto list = node_.collect(table().parameters);
    for (auto& item : list) {
      item.name.insert(0, "node.");
    }
    return list;
  }
  // The wiring comes from a stream, so copies and checkpoints carry it.
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

  at::Tensor wire(std::int64_t fan_in) const {  // [units, k] int32
    if (inputs_ < fan_in) {
      throw clh::UsageError("[fan-in] expected at most " + std::to_string(inputs_) +
                            ", the inputs of the layer, found " + std::to_string(fan_in));
    }
    if (units() * fan_in < inputs_) {
      log(kWarning, "layer " + std::to_string(index()) + ": " +
                        std::to_string(inputs_ - units() * fan_in) + " of " +
                        std::to_string(inputs_) + " inputs are read by no table");
    }
    return at::tensor(wiring::Deal(units(), fan_in).draw(rng("method"), inputs_))
        .view({units(), fan_in});
  }

  std::int64_t inputs_;
  at::Tensor mapping_;  // [units, k] int32; the host copies into this very tensor
  clh::Instance node_;
};

}  // namespace

CLH_PLUGIN(clh::layer<RandomWiring>("random", "Balanced random wiring"));
