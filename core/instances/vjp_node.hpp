// A node without LibTorch ("clh.node.vjp/1") as layers see every other node.
#pragma once
#include <clh/abi.h>

#include "core/process/call_record.hpp"

namespace clh::core {

/// Wraps a node that has no forward but offers clh.node.vjp/1 into one with a full table: forward
/// is one autograd function over the node's forward and vjp, parameters are float32 leaves with
/// gradient, and both calls get the values that these have then. Matrices reach the node as
/// float32, C-contiguous, on the CPU; y starts as zeros. A parameter of one dimension is a column,
/// of more than two a matrix of its first by the rest.
/// Inputs:  node with the table of this header's size; its spec; recorder for its calls. x of the
///          forward is float32 or uint8 of 0 and 1.
/// Returns: an object whose destroy destroys the node too. Differentiable once.
/// Errors:  StatusError with CLH_E_INTERNAL if the extension lacks a function or a parameter is not
///          float32, C-contiguous on the CPU; the node is not destroyed then. In forward and
///          backward: UsageError for wrong tensors, StatusError with the node's own status.
/// Owner:   the result owns the node; it borrows the node's component, which lives as the plugin.
clh_object wrap_vjp_node(const clh_object& node, const clh_node_spec& spec,
                         const CallRecorder& recorder = {});

/// The extension that makes wrapping possible, or null.
const clh_node_vjp_ext* vjp_extension(const clh_component& component);

}  // namespace clh::core
