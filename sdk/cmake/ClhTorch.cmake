# clh::torch: LibTorch's CPU libraries as a system dependency, without the flags that Debian's
# package adds to every target.
find_package(Torch REQUIRED)
if(NOT TARGET clh::torch)
  add_library(clh_torch INTERFACE)
  add_library(clh::torch ALIAS clh_torch)
  # Tensor operators without LibTorch's header of all functions: include <ATen/ops/NAME.h>.
  target_compile_definitions(clh_torch INTERFACE AT_PER_OPERATOR_HEADERS)
  target_include_directories(clh_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  find_library(CLH_TORCH_CPU torch_cpu REQUIRED HINTS ${TORCH_INSTALL_PREFIX}/lib)
  find_library(CLH_C10 c10 REQUIRED HINTS ${TORCH_INSTALL_PREFIX}/lib)
  target_link_libraries(clh_torch INTERFACE ${CLH_TORCH_CPU} ${CLH_C10})
  if(Torch_VERSION VERSION_GREATER_EQUAL 2.14)
    target_compile_features(clh_torch INTERFACE cxx_std_20)
  endif()
endif()
set(CLH_TORCH_VARIANT cpu)
