// BLAS kernels: mends BLIS's choice of kernels on processors younger than it.
#pragma once
#include <string>

namespace clh::core {

/// What cpuid says of an x86-64 processor; all empty elsewhere.
struct CpuIdentity {
  std::string vendor;  // "AuthenticAMD"
  int family = 0;      // base + extended
  bool avx2_fma = false;
};

CpuIdentity read_cpu_identity();

/// The value for BLIS_ARCH_TYPE, empty to leave BLIS alone. BLIS 0.9 knows AMD families up to 0x19
/// (Zen 3) and gives younger ones its portable kernels, half as fast in the default job; they run
/// Zen 3's.
std::string blis_kernels_for(const CpuIdentity& cpu);

/// Sets BLIS_ARCH_TYPE unless the user has. Before the first matrix product.
void choose_blas_kernels();

}  // namespace clh::core
