#include "core/machine/blas_kernels.hpp"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace clh::core {
namespace {

constexpr int kLastKnownAmdFamily = 0x19;
constexpr const char* kZen3 = "6";  // BLIS_ARCH_ZEN3 of BLIS 0.9

}  // namespace

CpuIdentity read_cpu_identity() {
  CpuIdentity cpu;
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(0, &a, &b, &c, &d) == 0) {
    return cpu;
  }
  char vendor[12];
  std::memcpy(vendor, &b, 4);
  std::memcpy(vendor + 4, &d, 4);
  std::memcpy(vendor + 8, &c, 4);
  cpu.vendor.assign(vendor, sizeof vendor);
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) {
    const unsigned base = (a >> 8U) & 0xFU;
    cpu.family = static_cast<int>(base == 0xF ? base + ((a >> 20U) & 0xFFU) : base);
  }
  cpu.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return cpu;
}

std::string blis_kernels_for(const CpuIdentity& cpu) {
  const bool younger = cpu.vendor == "AuthenticAMD" && cpu.family > kLastKnownAmdFamily;
  return younger && cpu.avx2_fma ? kZen3 : "";
}

void choose_blas_kernels() {
  const auto kernels = blis_kernels_for(read_cpu_identity());
  if (!kernels.empty()) {
    setenv("BLIS_ARCH_TYPE", kernels.c_str(), 0);
  }
}

}  // namespace clh::core
