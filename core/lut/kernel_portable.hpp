// Kernels of a layer of look-up tables in portable C++: multilinear and hard address.
#pragma once
#include <cstdint>

namespace clh::core {

/// Most pins of one table; an address fits into a byte.
inline constexpr int kMaxPins = 8;

/// Sizes of one layer. Activations and their gradients are feature-major: float [in, B], [U, B].
/// Entry a of a table belongs to the address a = sum_j pin_j 2^j.
struct LutSizes {
  std::int64_t batch;  // B
  std::int64_t units;  // U
  int pins;            // k, 1 .. kMaxPins
};

/// Evaluates the multilinear extension f_T(x) = sum_a T[a] prod_j (x_j if a_j else 1 - x_j).
/// Inputs:  mapping [U, k] rows of x, table [U, 2^k], x [in, B].
/// Returns: y [U, B], every element written; equal to the table bit by bit where x is 0 or 1.
/// Source:  Owen 1972, "Multilinear Extensions of Games", doi:10.1287/mnsc.18.5.64, eq. 3,
///          evaluated pin by pin in 2^k - 1 interpolations.
void multilinear_forward(const LutSizes& sizes, const std::int32_t* mapping, const float* table,
                         const float* x, float* y);

/// The gradients of multilinear_forward; no division, so exact at x = 0 and x = 1 too.
/// Inputs:  y_grad [U, B]; a null result is not wanted.
/// Returns: table_grad [U, 2^k] written, x_grad [in, B] added to.
void multilinear_backward(const LutSizes& sizes, const std::int32_t* mapping, const float* table,
                          const float* x, const float* y_grad, float* table_grad, float* x_grad);

/// Returns: address [U, B]; bit j is [x of pin j > 1/2], so 1/2 and NaN give 0.
void hard_address(const LutSizes& sizes, const std::int32_t* mapping, const float* x,
                  std::uint8_t* address);

/// Returns: y [U, B], the table entry at each address.
void hard_forward(const LutSizes& sizes, const float* table, const std::uint8_t* address, float* y);

/// The straight-through gradients of hard_forward: an entry receives the gradient of the samples
/// that read it, pin j the finite difference slope[a with bit j] - slope[a without].
/// Inputs:  slope [U, 2^k] from smooth_table or radial_table, only read for x_grad; y_grad [U, B];
///          a null result is not wanted.
/// Returns: table_grad [U, 2^k] written, x_grad [in, B] added to.
void hard_backward(const LutSizes& sizes, const std::int32_t* mapping, const float* slope,
                   const std::uint8_t* address, const float* y_grad, float* table_grad,
                   float* x_grad);

/// Replaces one table [2^k] by its mean under pins that flip independently with probability
/// `epsilon`. With 1/4 its finite differences are the extended finite difference.
/// Inputs:  epsilon in [0, 1/2].
/// Source:  Bacellar et al., "Differentiable Weightless Neural Networks", arXiv:2410.11112, sec. 3.
void smooth_table(float* table, int pins, double epsilon);

/// Replaces one table [2^k] by the one whose finite differences weigh the table's entries by a
/// function w of the Hamming distance over the other pins: its Walsh coefficients of degree d
/// become weights[d - 1] times the old ones, degree 0 becomes 0.
/// Inputs:  weights [k]; weights[r] = sum_m w(|m|) (-1)^|m & R|, |R| = r, over m of k - 1 bits.
void radial_table(float* table, int pins, const double* weights);

/// Replaces each of `count` values by 1 where it is strictly above `level`, else by 0.
void binarise(float* values, std::int64_t count, float level);

}  // namespace clh::core
