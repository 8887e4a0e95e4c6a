// Network, Optimizer: what the host owns and a model borrows.
#pragma once
#include <clh/gate_layer.hpp>
#include <clh/tensor.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// How a second network is made from the first.
enum class NetworkCopy : std::int32_t {
  kFrozen = CLH_FROZEN,   // the values of now, in eval mode without gradients
  kTrainable = CLH_COPY,  // the values of now, joined to the optimizer until it is released
  kFresh = CLH_FRESH      // newly initialised, trainable, joined likewise
};

struct OutputsAndFeatures {
  at::Tensor outputs;   // [B, C]
  at::Tensor features;  // [B, F]
};

/// Backbone + head. Borrowed from the host, or a second one, owned and released at the end.
class Network {
 public:
  Network() = default;
  Network(const clh_host* host, const clh_network_vt* table, void* self, bool owned = false)
      : host_(host), table_(table), self_(self), owned_(owned) {}
  ~Network() { release(); }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  Network(Network&& other) noexcept { swap(other); }
  Network& operator=(Network&& other) noexcept {
    release();
    swap(other);
    return *this;
  }

  /// False before a second network is assigned.
  explicit operator bool() const { return self_ != nullptr; }
  const clh_network_info& info() const { return *table_->info(self_); }

  /// x [B, ...] -> outputs [B, C] over all outputs so far.
  at::Tensor forward(const at::Tensor& x) const { return map(table_->forward, x); }
  /// x [B, ...] -> [B, F].
  at::Tensor features(const at::Tensor& x) const { return map(table_->features, x); }
  /// features [B, F] -> outputs [B, C].
  at::Tensor classify(const at::Tensor& features) const { return map(table_->classify, features); }
  OutputsAndFeatures both(const at::Tensor& x) const {
    clh_tensor *outputs = nullptr, *features = nullptr;
    call(table_->both, self_, lend(x), &outputs, &features);
    return {adopt(outputs), adopt(features)};
  }
  /// Inputs and pre-activations of the gate layers, in forward order (needs a backbone with gates).
  std::vector<NamedTensor> activations(const at::Tensor& x) const {
    std::vector<NamedTensor> kept;
    const clh_tensor_sink sink{
        sizeof(clh_tensor_sink), 0, &kept,
        [](void* ctx, const char* name, const clh_tensor* t, clh_error* e) noexcept -> clh_status {
          return guard<TorchErrors>(e, [&] {
            static_cast<std::vector<NamedTensor>*>(ctx)->push_back({name, borrow(t)});
          });
        }};
    call(table_->activations, self_, lend(x), &sink);
    return kept;
  }

  /// The backbone's layers with gates in forward order, weight and bias named as the slots of info();
  /// empty for a backbone without gates.
  /// Errors: StatusError on a host without clh.network.gates/1.
  std::vector<GateLayer> gate_layers() const {
    const auto* gates =
        HostServices(host_).extension<clh_network_gates_ext>("clh.network.gates/1");
    if (gates == nullptr) {
      throw StatusError(CLH_E_UNSUPPORTED,
                        "expected a host with clh.network.gates/1, found one without");
    }
    std::int64_t n = 0;
    const auto* layers = gates->layers(self_, &n);
    std::vector<GateLayer> list;
    for (std::int64_t i = 0; i < n; ++i) {
      list.push_back({layers[i].name, layers[i].weight,
                      layers[i].bias == nullptr ? "" : layers[i].bias, layers[i].units,
                      layers[i].input});
    }
    return list;
  }

  /// All parameters as one vector [P], sharing memory; fetch again after each begin_task.
  at::Tensor values() const { return make(table_->values); }
  /// Their gradients [P], sharing memory.
  at::Tensor grads() const { return make(table_->grads); }

  void set_training(bool on) const { call(table_->set_training, self_, on ? 1 : 0); }

  /// A second network, released when the returned object ends. Errors: StatusError.
  Network frozen_copy() const { return make_network(NetworkCopy::kFrozen, 0); }
  Network copy() const { return make_network(NetworkCopy::kTrainable, 0); }
  /// With parameters of its own; `salt` varies them.
  Network fresh(std::int64_t salt = 0) const { return make_network(NetworkCopy::kFresh, salt); }
  /// Copies values and buffers of another network of the same form.
  void assign(const Network& other) const {
    call(table_->assign, self_, static_cast<const void*>(other.self_));
  }

  /// State of a second network and, for a trainable one, of its moments. `source` is the model's
  /// own network, from which one is made as `how` when the state is loaded and none exists yet.
  static void archive(Archive& archive, const char* key, Network& other, const Network& source,
                      NetworkCopy how = NetworkCopy::kFrozen) {
    archive.record(key, [&] {
      bool present = static_cast<bool>(other);
      archive("present", present);
      if (!present) {
        other = Network();
        return;
      }
      if (!other) {
        other = source.make_network(how, 0);
      }
      const auto* state =
          HostServices(source.host_).extension<clh_network_state_ext>("clh.network.state/1");
      if (state == nullptr) {
        throw StatusError(CLH_E_UNSUPPORTED,
                          "expected a host with clh.network.state/1, found one without");
      }
      if (archive.loading()) {
        call(state->load, other.self_, archive.reader());
      } else {
        call(state->save, other.self_, archive.writer());
      }
    });
  }

 private:
  template <class Function>
  at::Tensor map(Function function, const at::Tensor& x) const {
    clh_tensor* out = nullptr;
    call(function, self_, lend(x), &out);
    return adopt(out);
  }
  template <class Function>
  at::Tensor make(Function function) const {
    clh_tensor* out = nullptr;
    call(function, self_, &out);
    return adopt(out);
  }
  Network make_network(NetworkCopy how, std::int64_t salt) const {
    void* other = nullptr;
    call(table_->spawn, self_, static_cast<std::int32_t>(how), salt, &other);
    return {host_, table_, other, true};
  }
  void release() {
    if (owned_ && self_ != nullptr) {
      table_->release(self_);
    }
    self_ = nullptr;
  }
  void swap(Network& other) {
    std::swap(host_, other.host_);
    std::swap(table_, other.table_);
    std::swap(self_, other.self_);
    std::swap(owned_, other.owned_);
  }

  const clh_host* host_ = nullptr;
  const clh_network_vt* table_ = nullptr;
  void* self_ = nullptr;
  bool owned_ = false;
};

/// The host's optimizer over the network's parameters and those that the model adds.
class Optimizer {
 public:
  Optimizer(const clh_optimizer_vt* table, void* self) : table_(table), self_(self) {}
  void zero_grad() const { call(table_->zero_grad, self_); }
  /// A parameter without gradient counts as gradient zero.
  void step() const { call(table_->step, self_); }
  /// Forgets momentum and moments.
  void reset() const { call(table_->reset, self_); }
  double rate() const { return table_->rate(self_); }
  void set_rate(double rate) const { call(table_->set_rate, self_, rate); }
  /// Joins a float32 leaf of the model's own. The name is its key in checkpoints.
  void add(const char* name, const at::Tensor& leaf) const {
    call(table_->add, self_, name, lend(leaf));
  }

 private:
  const clh_optimizer_vt* table_;
  void* self_;
};

}  // namespace clh
