#include "core/network/network.hpp"

#include <ATen/core/grad_mode.h>

#include <cstring>
#include <numeric>

#include "core/abi/tensor_sink.hpp"
#include "core/error.hpp"
#include "core/network/network_table.hpp"
#include "core/state/state_record.hpp"

namespace clh::core {
namespace {

constexpr const char* kBackbonePrefix = "backbone.";

std::int64_t sum(const std::vector<std::int64_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
}

}  // namespace

Network::Network(RunContext& run, const NetworkPlan& plan, std::string init_stream)
    : run_(&run),
      plan_(plan),
      init_stream_(std::move(init_stream)),
      backbone_(run, *plan.backbone, plan.input, init_stream_.c_str()),
      head_(backbone_.feature_count(), plan.init),
      arena_(capacity()) {
  run.extensions.emplace("clh.network.state/1", network_state_extension());
  run.extensions.emplace("clh.network.gates/1", network_gates_extension());
  for (const auto& parameter : backbone_.parameters()) {
    arena_.attach(kBackbonePrefix + parameter.name, parameter.tensor, -1);
  }
  if (plan_.form != HeadForm::kIncremental) {
    grow_to(static_cast<std::int64_t>(plan_.blocks.size()));
  }
  update_info();
}

std::int64_t Network::capacity() const {
  std::int64_t count = sum(plan_.blocks) * (backbone_.feature_count() + 1);
  for (const auto& parameter : backbone_.parameters()) {
    count += parameter.tensor.numel();
  }
  return count;
}

void Network::grow() {
  const auto number = head_.blocks().size();
  const auto suffix = std::to_string(number);
  const DefaultGeneratorScope seeded(
      derive_key(run_->seed, "head", init_stream_ + "/block-" + suffix).value);
  const auto& block = head_.grow(plan_.blocks.at(number));
  arena_.attach("head." + suffix + ".weight", block.weight, block.first_output);
  arena_.attach("head." + suffix + ".bias", block.bias, block.first_output);
  ++info_.generation;
  update_info();
}

void Network::grow_to(std::int64_t blocks) {
  while (static_cast<std::int64_t>(head_.blocks().size()) < blocks) {
    grow();
  }
}

void Network::update_info() {
  static constexpr std::int32_t kForms[] = {CLH_HEAD_FIXED, CLH_HEAD_INCREMENTAL, CLH_HEAD_MULTI};
  info_.struct_size = sizeof info_;
  info_.head = kForms[static_cast<int>(plan_.form)];
  info_.outputs = head_.outputs();
  info_.n_values = arena_.size();
  info_.n_slots = static_cast<std::int64_t>(arena_.slots().size());
  info_.slots = arena_.slots().data();
  info_.features = backbone_.feature_shape();
}

at::Tensor Network::watched(at::Tensor output) const {
  if (run_->full_check && output.requires_grad()) {
    const auto memory = arena_.values();  // shares the version, and lives as long as the graph
    const auto version = memory._version();
    output.register_hook([memory, version](const at::Tensor&) {
      if (memory._version() != version) {
        throw PluginError("network", "network", "backward", CLH_E_INTERNAL,
                          "expected the values as they were in forward, found them written");
      }
    });
  }
  return output;
}

const std::vector<clh_gate_layer>& Network::gate_layers() const {
  const auto* gates = backbone_.gates();
  if (gates == nullptr || !gate_layers_.empty()) {
    return gate_layers_;
  }
  std::int64_t n = 0;
  const auto* layers = backbone_.instance().enter("layers", gates->layers, &n);
  const auto slot = [&](const char* name) {
    return name == nullptr ? nullptr
                           : gate_names_.emplace_back(kBackbonePrefix + std::string(name)).c_str();
  };
  for (std::int64_t i = 0; i < n; ++i) {
    gate_layers_.push_back({gate_names_.emplace_back(layers[i].name).c_str(),
                            slot(layers[i].weight), slot(layers[i].bias), layers[i].units,
                            layers[i].input});
  }
  return gate_layers_;
}

std::vector<NamedTensor> Network::activations(const at::Tensor& x) const {
  const auto* gates = backbone_.gates();
  if (gates == nullptr) {
    throw Error("unsupported",
                backbone_.instance().label() +
                    ": expected a backbone with clh.backbone.gates/1, "
                    "found one without",
                "use a backbone with gates: mlp or resnet18", kExitUsage);
  }
  TensorSink sink;
  backbone_.instance().call("activations", gates->activations, lend(x), sink.table());
  std::vector<NamedTensor> named;
  at::Tensor features;
  for (auto& item : sink.take()) {
    const auto dot = item.name.rfind('.');
    const auto layer = item.name.substr(0, dot);
    for (const auto& declared : gate_layers()) {
      if (layer == declared.name) {
        const std::string weight = declared.weight;
        named.push_back({weight.substr(0, weight.rfind('.')) + item.name.substr(dot), item.tensor});
      }
    }
    if (item.name == "features") {
      features = item.tensor;
    }
  }
  if (!features.defined()) {
    features = backbone_.features(x);
  }
  const auto outputs = head_.classify_blocks(features);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    named.push_back({"head." + std::to_string(i) + ".input", features});
    named.push_back({"head." + std::to_string(i) + ".output", outputs[i]});
  }
  return named;
}

at::Tensor Network::gated(const at::Tensor& x, const clh_tensor* const* gates,
                          std::int64_t n) const {
  const auto* ext = backbone_.gates();
  if (ext == nullptr) {
    throw Error("unsupported",
                backbone_.instance().label() +
                    ": expected a backbone with gates, "
                    "found one without",
                "use a backbone with gates: mlp or resnet18", kExitUsage);
  }
  return head_.classify(backbone_.instance().make("gated", ext->features, lend(x), gates, n));
}

void Network::freeze() {
  for (const auto& leaf : arena_.leaves()) {
    leaf.set_requires_grad(false);
  }
  set_training(false);
}

std::unique_ptr<Network> Network::spawn(bool copy, const std::string& init_stream) const {
  auto other = std::make_unique<Network>(*run_, plan_, init_stream);
  other->grow_to(static_cast<std::int64_t>(head_.blocks().size()));
  if (copy) {
    other->assign(*this);
  } else if (has_encoder()) {
    StateRecord record;
    save_state(backbone_, record);
    load_state(other->backbone_, record);
  }
  return other;
}

void Network::assign(const Network& other) {
  if (other.arena_.size() != arena_.size()) {
    throw StatusError(CLH_E_STATE, "assign: expected a network of " +
                                       std::to_string(arena_.size()) + " values, found " +
                                       std::to_string(other.arena_.size()));
  }
  const at::NoGradGuard no_grad;
  arena_.values().copy_(other.arena_.values());
  const auto from = other.backbone_.buffers();
  const auto to = backbone_.buffers();
  for (std::size_t i = 0; i < to.size() && i < from.size(); ++i) {
    at::Tensor(to[i].tensor).copy_(from[i].tensor);
  }
  StateRecord record;
  save_state(other.backbone_, record);
  load_state(backbone_, record);
}

void Network::fit(const at::Tensor& x) const {
  if (const auto* encoder = backbone_.encoder()) {
    backbone_.instance().call("fit", encoder->fit, lend(x));
  }
}

void Network::state(Archive& archive) {
  auto blocks = static_cast<std::int64_t>(head_.blocks().size());
  archive("blocks", blocks);
  if (archive.loading()) {
    grow_to(blocks);
  }
  archive("arena", arena_);
  archive.record("buffers", [&] {
    for (const auto& buffer : backbone_.buffers()) {
      auto values = buffer.tensor;
      archive(buffer.name.c_str(), values);
      if (archive.loading()) {
        const at::NoGradGuard no_grad;
        at::Tensor(buffer.tensor).copy_(values);
      }
    }
  });
  archive("backbone", backbone_);
}

}  // namespace clh::core
