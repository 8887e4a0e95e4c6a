// LutGradient check: the gradient of a node or layer against finite differences of its outputs.
#pragma once
#include <clh/tensor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace clh::core {

/// Compares the gradient of a weighted sum of forward(x) with central differences, for every
/// element of x and of each parameter.
/// Inputs:  forward maps x [B, in] to y [B, units]; x lies inside (0, 1).
/// Returns: how many derivatives were compared.
/// Errors:  CheckFailed; CheckSkipped for outputs that are 0 or 1 alone, whose gradient is by
///          design not that of the outputs.
std::string compare_gradients(const std::function<at::Tensor(const at::Tensor&)>& forward,
                              const at::Tensor& x, const std::vector<NamedTensor>& parameters);

}  // namespace clh::core
