# How in-tree targets are compiled where they differ from one another.

# Optimises a target of which nobody waits for the result, but everybody for its build, little.
function(clh_compile_fast target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# clh_compile_in_batches(<target> [NAME name] [SOURCES file...])
# Compiles several sources of a target, by default all, as one, so that the headers they share are
# read once. Off without CLH_BATCHES, for daily work. Unlike CMake's unity builds the batches hold no
# absolute path, so that a compiler cache serves other clones.
option(CLH_BATCHES "compile several sources as one" OFF)
function(clh_compile_in_batches target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME" "SOURCES")
  if(NOT CLH_BATCHES)
    return()
  endif()
  if(NOT arg_SOURCES)
    get_target_property(arg_SOURCES ${target} SOURCES)
  endif()
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(output ${target} BINARY_DIR)
  set(sources "")
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder} NORMALIZE)
    cmake_path(IS_PREFIX PROJECT_BINARY_DIR ${source} NORMALIZE generated)
    if(source MATCHES "[.]cpp$" AND NOT generated)
      list(APPEND sources ${source})
    endif()
  endforeach()
  list(LENGTH sources left)
  if(left LESS 2)
    return()
  endif()
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  set(number 0)
  while(sources)
    list(SUBLIST sources 0 8 batch)
    list(REMOVE_ITEM sources ${batch})
    set(text "")
    foreach(source IN LISTS batch)
      set_property(SOURCE ${source} TARGET_DIRECTORY ${target} PROPERTY HEADER_FILE_ONLY ON)
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
      string(APPEND text "#include \"${source}\"\n")
    endforeach()
    set(file ${output}/batches/${target}${arg_NAME}_${number}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "${text}" @ONLY)
    target_sources(${target} PRIVATE ${file})
    math(EXPR number "${number} + 1")
  endwhile()
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
