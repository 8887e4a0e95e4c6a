// A layer of look-up tables as one differentiable function, and its table for plugins.
#pragma once
#include <clh/abi.h>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace clh::core {

/// How a layer is evaluated and differentiated.
struct LutRule {
  /// CLH_LUT_MLE: y is the multilinear extension at soft inputs, with its own gradient.
  /// CLH_LUT_SMOOTH, CLH_LUT_RADIAL: y is the entry at the hard address [x > 1/2]; a pin's gradient
  /// is the difference of two entries of a table that is smoothed by coefficients[0] in [0, 1/2],
  /// or weighted by k coefficients (see radial_table).
  std::int32_t gradient = CLH_LUT_MLE;
  std::vector<double> coefficients;
  /// y becomes [y > level] in float32, 0 or 1; the gradient stays that of the real y.
  bool binarise = false;
  double level = 0.5;
};

/// What a layer is evaluated on.
struct LutInputs {
  at::Tensor x;  // [B, in] float32, or uint8 of 0 and 1
  at::Tensor
      carrier;  // with uint8 x: float32 [B, in] that receives the gradient of x; or undefined
  at::Tensor mapping;  // [U, k] int32, each in [0, in), k in 1 .. 8
  at::Tensor table;    // [U, 2^k] float32, pin 0 is the lowest address bit
};

/// Evaluates U tables of k pins on a batch.
/// Returns: y [B, U] float32 in feature-major memory (strides 1, B), with a gradient to table and
///          x (or carrier). The same bits for the same inputs, each sample independent of the rest.
/// Errors:  UsageError for a wrong dtype, shape, pin, bit, rule or device; differentiable once, so
///          a backward pass with create_graph is a c10::Error.
at::Tensor evaluate_lut(const LutInputs& inputs, const LutRule& rule);

/// The host's "clh.lut/1": evaluate_lut through the C table. y is float32 in every case, so
/// carrier_out is left as it is.
/// Owner:   static.
const clh_lut_ext* lut_extension();

}  // namespace clh::core
