// Environment: what a result depends on besides its configuration, read from the process.
#pragma once
#include <string>
#include <vector>

#include "core/plugins/compatibility.hpp"
#include "core/plugins/table_check.hpp"
#include "core/record/run_record.hpp"

namespace clh::core {

/// Path of the library that answers sgemm_, found with dladdr; "none" if nothing does.
std::string blas_library();
/// "BLIS", "OpenBLAS", "reference BLAS" or the file's name.
std::string blas_name(const std::string& path);

/// Sets the threads of LibTorch and BLAS for the process, and BLAS's kernels where it would choose
/// badly. Before the first matrix product.
void set_threads(int threads);

/// LibTorch of this process in the form of a plugin's note.
std::string host_torch_fingerprint();
TorchLayout host_torch_layout();
/// Machine, ABI, LibTorch and the libraries that are mapped.
HostFingerprint host_fingerprint();

/// Everything but plugins and dataset.
Environment read_environment(int threads);

}  // namespace clh::core
