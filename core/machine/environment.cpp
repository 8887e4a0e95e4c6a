#include "core/machine/environment.hpp"

#include <clh/tensor.hpp>

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "core/machine/blas_kernels.hpp"
#include "core/version.hpp"
#include <dlfcn.h>
#include <sys/utsname.h>

extern "C" void sgemm_();

namespace clh::core {
namespace {

#ifdef _GLIBCXX_DEBUG
constexpr int kDebugStl = 1;
#else
constexpr int kDebugStl = 0;
#endif
#ifdef _LIBCPP_VERSION
constexpr const char* kStl = "libc++";
#else
constexpr const char* kStl = "libstdc++";
#endif

#ifdef __clang__
constexpr const char* kCompiler = __VERSION__;  // "Clang 14.0.6 ..."
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("model name", 0) == 0 || line.rfind("Processor", 0) == 0) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown";
}

/// The instruction set that LibTorch's kernels use; 1.13 tells it only in a longer text.
std::string cpu_capability() {
  const auto text = at::show_config();
  constexpr std::string_view kMark = "CPU capability usage: ";
  const auto at = text.find(kMark);
  if (at == std::string::npos) {
    return "unknown";
  }
  const auto begin = at + kMark.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string os_name() {
  std::ifstream file("/etc/os-release");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("PRETTY_NAME=\"", 0) == 0) {
      return line.substr(13, line.size() - 14);
    }
  }
  utsname names{};
  return uname(&names) == 0 ? std::string(names.sysname) + " " + names.release : "unknown";
}

/// Folder of ClhSdkConfig.cmake beside this executable; empty if it is not installed.
std::string installed_sdk() {
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto folder = executable.parent_path().parent_path() / kPluginLibdir / "cmake" / "ClhSdk";
  const bool there = std::filesystem::exists(folder / "ClhSdkConfig.cmake", error);
  return there ? folder.string() : "";
}

}  // namespace

std::string blas_library() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&sgemm_), &info) == 0 || info.dli_fname == nullptr) {
    return "none";
  }
  // Through the PLT of an executable dladdr names the executable; the next definition is the real
  // one.
  if (void* real = dlsym(RTLD_DEFAULT, "sgemm_")) {
    dladdr(real, &info);
  }
  std::error_code ignored;
  const auto path = std::filesystem::canonical(info.dli_fname, ignored);
  return ignored ? info.dli_fname : path.string();
}

std::string blas_name(const std::string& path) {
  if (path.find("blis") != std::string::npos) {
    return "BLIS";
  }
  if (path.find("openblas") != std::string::npos) {
    return "OpenBLAS";
  }
  if (path.find("/blas/") != std::string::npos) {
    return "reference BLAS";
  }
  return std::filesystem::path(path).filename().string();
}

void set_threads(int threads) {
  choose_blas_kernels();
  setenv("BLIS_NUM_THREADS", std::to_string(threads).c_str(), 1);
  at::set_num_threads(threads);
}

std::string host_torch_fingerprint() {
  return std::string(TORCH_VERSION) +
         " variant=cpu cxx11abi=" + std::to_string(_GLIBCXX_USE_CXX11_ABI) + " stl=" + kStl +
         " debugstl=" + std::to_string(kDebugStl);
}

TorchLayout host_torch_layout() {
  return {sizeof(c10::TensorImpl), alignof(c10::TensorImpl), sizeof(c10::GeneratorImpl)};
}

HostFingerprint host_fingerprint() {
  HostFingerprint host;
  host.machine = host_machine();
  host.abi_major = CLH_ABI_MAJOR;
  host.abi_minor = CLH_ABI_MINOR;
  host.torch_fingerprint = host_torch_fingerprint();
  host.mapped_libraries = mapped_libraries();
  host.sdk_dir = installed_sdk();
  return host;
}

Environment read_environment(int threads) {
  Environment environment;
  environment.cl_host_version = kVersion;
  environment.torch_version = TORCH_VERSION;
  environment.blas = blas_library();
  environment.cpu_model = cpu_model();
  environment.cpu_capability = cpu_capability();
  environment.threads = threads;
  environment.compiler = kCompiler;
  environment.os = os_name();
  return environment;
}

}  // namespace clh::core
