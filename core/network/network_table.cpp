#include "core/network/network_table.hpp"

#include "core/abi/core_errors.hpp"

namespace clh::core {
namespace {

NetworkHandle& handle(void* net) {
  return *static_cast<NetworkHandle*>(net);
}
Network& network(void* net) {
  return *handle(net).network;
}

/// Trains a spawned network too; its moments are saved with it.
void join(Optimizer& optimizer, Network& network) {
  optimizer.join(network.arena(), [&network] { network.backbone().after_step(); });
}

const clh_network_info* info(void* net) {
  return &network(net).info();
}

clh_status forward(void* net, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] { *out = give(network(net).forward(borrow(x))); });
}
clh_status features(void* net, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] { *out = give(network(net).features(borrow(x))); });
}
clh_status classify(void* net, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] { *out = give(network(net).classify(borrow(x))); });
}
clh_status encode(void* net, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    const auto& backbone = network(net).backbone();
    if (backbone.encoder() == nullptr) {
      throw Error("unsupported", "encode: expected a backbone with an encoder, found one without",
                  "use a backbone with an encoder: lut", kExitUsage);
    }
    *out = give(backbone.instance().make("encode", backbone.encoder()->encode, x));
  });
}
clh_status both(void* net, const clh_tensor* x, clh_tensor** out, clh_tensor** features_out,
                clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto middle = network(net).features(borrow(x));
    *out = give(network(net).classify(middle));
    *features_out = give(std::move(middle));
  });
}
clh_status activations(void* net, const clh_tensor* x, const clh_tensor_sink* sink,
                       clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    for (const auto& item : network(net).activations(borrow(x))) {
      put(*sink, item.name, item.tensor);
    }
  });
}
clh_status gated(void* net, const clh_tensor* x, const clh_tensor* const* gates, std::int64_t n,
                 clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] { *out = give(network(net).gated(borrow(x), gates, n)); });
}
clh_status values(void* net, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] { *out = give(network(net).arena().values()); });
}
clh_status grads(void* net, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    network(net).arena().reattach();
    *out = give(network(net).arena().grads());
  });
}
clh_status set_training(void* net, std::int32_t on, clh_error* error) {
  return guard<CoreErrors>(error, [&] { network(net).set_training(on != 0); });
}

clh_status spawn(void* net, std::int32_t how, std::int64_t salt, void** other, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto& from = handle(net);
    auto made = std::make_unique<NetworkHandle>();
    made->owned = from.network->spawn(how != CLH_FRESH,
                                      how == CLH_FRESH ? "init/" + std::to_string(salt) : "init");
    made->network = made->owned.get();
    if (how == CLH_FROZEN) {
      made->network->freeze();
    } else {
      made->optimizer = from.optimizer;
      if (made->optimizer != nullptr) {
        join(*made->optimizer, *made->network);
      }
    }
    *other = made.release();
  });
}
clh_status assign(void* net, const void* other, clh_error* error) {
  return guard<CoreErrors>(
      error, [&] { network(net).assign(*static_cast<const NetworkHandle*>(other)->network); });
}
void release(void* net) {
  const std::unique_ptr<NetworkHandle> spawned(static_cast<NetworkHandle*>(net));
  if (spawned->optimizer != nullptr) {
    spawned->optimizer->leave(spawned->network->arena());
  }
}

clh_status save(void* net, const clh_writer* writer, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    Archive archive(*writer);
    network(net).state(archive);
    if (const auto& spawned = handle(net);
        spawned.owned != nullptr && spawned.optimizer != nullptr) {
      spawned.optimizer->moments(archive, spawned.network->arena());
    }
  });
}
clh_status load(void* net, const clh_reader* reader, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto& spawned = handle(net);
    // The network may have grown since the save: start again from its first form.
    const bool frozen = spawned.optimizer == nullptr;
    auto fresh = std::make_unique<Network>(spawned.network->backbone().instance().run(),
                                           spawned.network->plan());
    Archive archive(*reader, 1);
    fresh->state(archive);
    if (frozen) {
      fresh->freeze();
    } else {
      spawned.optimizer->leave(spawned.network->arena());
      join(*spawned.optimizer, *fresh);
      spawned.optimizer->moments(archive, fresh->arena());
    }
    spawned.owned = std::move(fresh);
    spawned.network = spawned.owned.get();
  });
}

}  // namespace

const clh_network_vt* network_table() {
  static const clh_network_vt table{sizeof(clh_network_vt),
                                    0,
                                    info,
                                    forward,
                                    features,
                                    classify,
                                    encode,
                                    both,
                                    activations,
                                    gated,
                                    values,
                                    grads,
                                    set_training,
                                    spawn,
                                    assign,
                                    release};
  return &table;
}

const clh_network_gates_ext* network_gates_extension() {
  static const clh_network_gates_ext table{sizeof(clh_network_gates_ext), 0,
                                           [](void* net, std::int64_t* n) -> const clh_gate_layer* {
                                             const auto& layers = network(net).gate_layers();
                                             *n = static_cast<std::int64_t>(layers.size());
                                             return layers.data();
                                           }};
  return &table;
}

const clh_network_state_ext* network_state_extension() {
  static const clh_network_state_ext table{sizeof(clh_network_state_ext), 0, save, load};
  return &table;
}

}  // namespace clh::core
