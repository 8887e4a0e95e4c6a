# clh_add_plugin(er ID org.example.er VERSION 1.2.0 LICENSE MIT PROVIDES model:er SOURCES er.cpp
#                [TORCH] [CAPS model:er=class-il,task-il] [LIBRARIES ...])
#
# Builds <name>.so as target clh_plugin_<name>: one exported symbol, the identity note, nothing
# unresolved. TORCH: the plugin passes LibTorch tensors. CAPS: what each component supports and needs;
# the note has it, so that `cl-host list` need not run the plugin, and the tables of C++ plugins.
include(GNUInstallDirs)

set(CLH_NOTE_TEMPLATE ${CMAKE_CURRENT_LIST_DIR}/note.in)

function(clh_add_plugin name)
  cmake_parse_arguments(arg "TORCH" "ID;VERSION;LICENSE" "SOURCES;PROVIDES;CAPS;LIBRARIES" ${ARGN})
  foreach(key ID VERSION LICENSE PROVIDES SOURCES)
    if(NOT arg_${key})
      message(FATAL_ERROR "clh_add_plugin(${name}): expected ${key}, found nothing")
    endif()
  endforeach()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "clh_add_plugin(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(target clh_plugin_${name})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${target}.clh)
  list(JOIN arg_PROVIDES " " provides)
  list(JOIN arg_CAPS " " caps)
  set(needs "")
  set(torch_include "")
  set(torch_line "")
  set(fingerprint "\"\"")
  if(arg_TORCH)
    set(needs torch)
    set(torch_include "#include <torch/csrc/api/include/torch/version.h>\n#include <cstddef>")
    set(fingerprint
        "TORCH_VERSION \" variant=${CLH_TORCH_VARIANT} cxx11abi=\" CLH_TEXT(_GLIBCXX_USE_CXX11_ABI) \" stl=\" CLH_STL \" debugstl=\" CLH_DEBUG_STL")
    set(torch_line "\"torch=\" CLH_FINGERPRINT \"\\n\"")
  endif()
  configure_file(${CLH_NOTE_TEMPLATE} ${generated}/note.cpp @ONLY)
  file(CONFIGURE OUTPUT ${generated}/exports.map
       CONTENT "{ global: clh_plugin_entry; local: *; };\n")

  add_library(${target} MODULE ${arg_SOURCES} ${generated}/note.cpp)
  set_source_files_properties(${generated}/note.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  set_target_properties(${target} PROPERTIES CLH_PROVIDES "${arg_PROVIDES}")
  target_link_libraries(${target} PRIVATE clh::sdk ${arg_LIBRARIES})
  if(arg_TORCH)
    target_link_libraries(${target} PRIVATE clh::sdk_torch)
  endif()
  target_compile_features(${target} PRIVATE cxx_std_17)
  target_compile_options(${target} PRIVATE -ffp-contract=off
                                           $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE LINKER:--version-script=${generated}/exports.map
                      LINKER:-z,now LINKER:-z,noexecstack LINKER:--exclude-libs,ALL)
  # Clang's sanitizers leave their runtime undefined in shared objects on purpose.
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES Clang AND "${CMAKE_CXX_FLAGS}" MATCHES -fsanitize))
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  set_target_properties(
    ${target}
    PROPERTIES PREFIX "" OUTPUT_NAME ${name} DEFINE_SYMBOL "" C_VISIBILITY_PRESET hidden
               CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF
               SKIP_BUILD_RPATH ON LINK_DEPENDS ${generated}/exports.map)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/cl-host/plugins
                                    COMPONENT plugins)
endfunction()

# clh_add_plugin_test(er [arguments of `cl-host validate`...])
#
# Adds the test validate_<name>: cl-host validate <the plugin's file>. cl-host is the one of this
# build, or of the installation that the SDK belongs to, or the file that CLH_HOST names.
function(clh_add_plugin_test name)
  if(NOT TARGET clh_plugin_${name})
    message(FATAL_ERROR "clh_add_plugin_test(${name}): expected clh_add_plugin(${name} ...) before, "
                        "found no such plugin")
  endif()
  if(TARGET cl-host)
    set(host $<TARGET_FILE:cl-host>)
  else()
    find_program(CLH_HOST cl-host HINTS ${CLH_SDK_BINDIR} DOC "cl-host, for plugin tests")
    if(NOT CLH_HOST)
      message(FATAL_ERROR "clh_add_plugin_test(${name}): expected cl-host in ${CLH_SDK_BINDIR} or "
                          "in PATH, found none; name it with -DCLH_HOST=<file>")
    endif()
    set(host ${CLH_HOST})
  endif()
  add_test(NAME validate_${name} COMMAND ${host} validate $<TARGET_FILE:clh_plugin_${name}> ${ARGN})
  set_tests_properties(validate_${name} PROPERTIES LABELS conformance TIMEOUT 300)
endfunction()
