# clh_torch_header: the precompiled LibTorch headers that in-tree targets share. Costs one minute
# once; without it every torch file costs 12 seconds more.
add_library(clh_torch_header OBJECT ${PROJECT_SOURCE_DIR}/cmake/torch_header.cpp)
target_link_libraries(clh_torch_header PRIVATE clh::torch)
target_compile_options(clh_torch_header PRIVATE -ffp-contract=off
                                                $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
target_precompile_headers(clh_torch_header PRIVATE <torch/torch.h>)

# Lets an in-tree target use it.
function(clh_use_torch_header target)
  target_compile_options(${target} PRIVATE -ffp-contract=off
                                           $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)
    # CMake compiles executables with -fPIE, the header with -fPIC.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM clh_torch_header)
endfunction()

# g++ 14 takes a resize of vector<bool> in LibTorch's autograd::Function for a write out of bounds.
set(CLH_AUTOGRAD_FUNCTION_OPTIONS "")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  set(CLH_AUTOGRAD_FUNCTION_OPTIONS -Wno-array-bounds -Wno-stringop-overflow)
endif()
