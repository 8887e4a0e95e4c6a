# How in-tree targets are compiled where they differ from one another.

# Optimises a target of which nobody waits for the result, but everybody for its build, little.
function(clh_compile_fast target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# g++ 13 and later take a resize of vector<bool> in LibTorch's autograd::Function for a write out of
# bounds: the sources that derive from it.
function(clh_quiet_autograd_function target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    set_source_files_properties(
      ${ARGN} TARGET_DIRECTORY ${target} PROPERTIES COMPILE_OPTIONS
                                                    "-Wno-array-bounds;-Wno-stringop-overflow")
  endif()
endfunction()
