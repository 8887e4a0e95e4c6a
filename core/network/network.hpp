// Network: backbone plugin + host-owned head, with all parameters in one arena.
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/instances/backbone_proxy.hpp"
#include "core/network/arena.hpp"
#include "core/network/linear_head.hpp"

namespace clh::core {

/// What a network is built from; the same for every copy of it.
struct NetworkPlan {
  const clh_factory* backbone;  // borrowed from the configuration
  clh_backbone_spec input;      // shape and value range of x
  HeadForm form = HeadForm::kFixed;
  HeadInit init = HeadInit::kXavier;
  std::vector<std::int64_t> blocks;  // outputs of each block: {C}, or one number per growth
};

class Network {
 public:
  /// A fixed or multi-head network has all its blocks at once, an incremental one has none yet.
  /// Inputs: init_stream `init`, or `init/<salt>` for a network initialised anew.
  Network(RunContext& run, const NetworkPlan& plan, std::string init_stream = "init");
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Appends the next planned block of an incremental head.
  void grow();
  /// Grows an incremental head until it has `blocks` blocks.
  void grow_to(std::int64_t blocks);

  /// x [B, ...] -> outputs [B, C].
  at::Tensor forward(const at::Tensor& x) const {
    return watched(head_.classify(backbone_.features(x)));
  }
  at::Tensor features(const at::Tensor& x) const { return watched(backbone_.features(x)); }
  at::Tensor classify(const at::Tensor& features) const {
    return watched(head_.classify(features));
  }
  /// `<slot>.input` and `<slot>.output` of every gate layer and head block, where `<slot>.weight`
  /// is the slot's name. Errors: Error `unsupported` for a backbone without gates.
  std::vector<NamedTensor> activations(const at::Tensor& x) const;
  /// The backbone's list with weight and bias named as slots; empty without gates. Owner: this
  /// object.
  const std::vector<clh_gate_layer>& gate_layers() const;
  /// features() with gates, classified.
  at::Tensor gated(const at::Tensor& x, const clh_tensor* const* gates, std::int64_t n) const;

  void set_training(bool on) const { backbone_.set_training(on); }
  /// Freezes all parameters and stays in eval mode.
  void freeze();

  /// A network of the same form; with `copy`, of the same values, buffers and component state.
  std::unique_ptr<Network> spawn(bool copy, const std::string& init_stream) const;
  /// Copies values, buffers and component state. Errors: StatusError for another form.
  void assign(const Network& other);

  /// Fits the backbone's encoder, if it has one, to samples x [N, ...].
  void fit(const at::Tensor& x) const;
  bool has_encoder() const { return backbone_.encoder() != nullptr; }

  Arena& arena() { return arena_; }
  const Arena& arena() const { return arena_; }
  const LinearHead& head() const { return head_; }
  const NetworkPlan& plan() const { return plan_; }
  const BackboneProxy& backbone() const { return backbone_; }
  const clh_network_info& info() const { return info_; }

  /// Blocks, values, buffers and the backbone's own state.
  void state(Archive& archive);

 private:
  std::int64_t capacity() const;
  /// With a full check, an output whose backward() fails if values were written since (rule R14).
  at::Tensor watched(at::Tensor output) const;
  void update_info();

  RunContext* run_;
  NetworkPlan plan_;
  std::string init_stream_;
  BackboneProxy backbone_;
  LinearHead head_;
  Arena arena_;
  clh_network_info info_{};
  mutable std::vector<clh_gate_layer> gate_layers_;  // asked for when needed
  mutable std::deque<std::string> gate_names_;       // what they point to
};

}  // namespace clh::core
