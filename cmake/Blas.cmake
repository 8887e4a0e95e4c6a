# clh_blas: BLIS, linked before torch, so that libtorch's sgemm is BLIS's without touching the
# system's alternatives. It carries the SONAME libblas.so.3 in a directory of its own; the RPATH of
# the executable leads there. architecture: see CONTRIBUTING.md, "BLAS".
find_library(CLH_BLIS_LIBRARY NAMES libblas.so.3
             PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/blis-openmp NO_DEFAULT_PATH REQUIRED)
get_filename_component(CLH_BLIS_DIRECTORY ${CLH_BLIS_LIBRARY} DIRECTORY)
add_library(clh_blas INTERFACE)
target_link_options(clh_blas INTERFACE LINKER:--no-as-needed LINKER:--disable-new-dtags)
target_link_libraries(clh_blas INTERFACE ${CLH_BLIS_LIBRARY})

# Gives an executable BLIS's directory in its build and install RPATH.
function(clh_use_blas target)
  target_link_libraries(${target} PRIVATE clh_blas)
  set_target_properties(${target} PROPERTIES BUILD_RPATH ${CLH_BLIS_DIRECTORY}
                                             INSTALL_RPATH ${CLH_BLIS_DIRECTORY})
endfunction()
