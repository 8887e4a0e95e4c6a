#include "core/machine/environment.hpp"

#include <ATen/Parallel.h>

#include "core/machine/blas_kernels.hpp"
#include <gtest/gtest.h>

namespace environment_test {

using namespace clh::core;  // NOLINT

// LibTorch's matrix products must be BLIS's, whatever the system's alternatives say.
TEST(Environment, BlisAnswersMatrixProducts) {
  EXPECT_EQ(blas_name(blas_library()), "BLIS") << blas_library();
}

// BLIS 0.9 serves AMD families above 0x19 with its portable kernels; all others it knows.
TEST(BlasKernels, MendsTheChoiceOnYoungerAmdProcessorsAlone) {
  EXPECT_EQ(blis_kernels_for({"AuthenticAMD", 0x1A, true}), "6");
  EXPECT_EQ(blis_kernels_for({"AuthenticAMD", 0x1A, false}), "");
  EXPECT_EQ(blis_kernels_for({"AuthenticAMD", 0x19, true}), "");
  EXPECT_EQ(blis_kernels_for({"GenuineIntel", 0x1A, true}), "");
  EXPECT_EQ(blis_kernels_for({}), "");
}

TEST(Environment, NamesTheCommonLibraries) {
  EXPECT_EQ(blas_name("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"), "OpenBLAS");
  EXPECT_EQ(blas_name("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0"), "reference BLAS");
  EXPECT_EQ(blas_name("/opt/mkl/libmkl_rt.so"), "libmkl_rt.so");
}

TEST(Environment, TellsWhatAResultDependsOn) {
  const auto environment = read_environment(1);
  EXPECT_FALSE(environment.cpu_model.empty());
  EXPECT_NE(environment.cpu_capability, "unknown");
  EXPECT_EQ(environment.threads, 1);
  EXPECT_EQ(host_torch_fingerprint().rfind(environment.torch_version + " variant=cpu", 0), 0U);
}

TEST(Environment, SetsTheThreadsOfLibTorch) {
  set_threads(2);
  EXPECT_EQ(at::get_num_threads(), 2);
  set_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
}

}  // namespace environment_test
