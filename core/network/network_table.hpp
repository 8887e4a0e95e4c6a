// The C table through which a model reaches a network.
#pragma once
#include <clh/abi.h>

#include <memory>

#include "core/network/network.hpp"
#include "core/network/optimizer.hpp"

namespace clh::core {

/// What `void* net` points to: the run's own network, or one that a model spawned and releases.
struct NetworkHandle {
  Network* network;
  Optimizer* optimizer;            // trainable spawns join it; may be null
  std::unique_ptr<Network> owned;  // set for spawned ones
};

const clh_network_vt* network_table();
/// "clh.network.state/1".
const clh_network_state_ext* network_state_extension();
/// "clh.network.gates/1".
const clh_network_gates_ext* network_gates_extension();

}  // namespace clh::core
