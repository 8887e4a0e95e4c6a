// Gradient projection: bends a flat gradient so that a step along it does not raise another loss.
#pragma once
#include <ATen/core/Tensor.h>

namespace clh __attribute__((visibility("hidden"))) {

/// g <- g - (<g, r> / (|r|^2 + eps)) r where <g, r> < 0; otherwise, or with r = 0, g keeps its bits.
/// Inputs:  g [P], changed in place; r [P], the gradient of the loss that may not rise; eps >= 0.
/// Source:  Chaudhry et al., arXiv:1812.00420, eq. 11; eps as in van de Ven et al. 2022.
inline void project(at::Tensor g, const at::Tensor& r, double eps = 0) {
  const auto along = g.dot(r).item<double>();
  const auto length = r.dot(r).item<double>() + eps;
  if (along < 0 && length > 0) {
    g.sub_(r, along / length);
  }
}

}  // namespace clh
